"""Images of one's own: a command that the user names runs in their place, under the container contract."""

from __future__ import annotations

import os
import shlex
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.sagemaker.children import Child
from local.sagemaker.container_process import ContainerProcess, UnhealthyError
from local.sagemaker.images import runs_inference_scripts
from tests.local.cloud import ACCOUNT, REGION, REPOSITORY, run_launcher
from tests.local.sagemaker.workshop import Json, Workshop, archive, unique

# HTTP/1.0 closes each connection; the answer in chunks has no length. Both are what images' own servers do.
SERVER = """
import http.server, json, os, pathlib, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = sys.argv[1]
    pings = 0

    def do_GET(self):
        Handler.pings += 1
        self.send_response(200 if self.path == "/ping" and Handler.pings > 2 else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        folder = os.environ.get("SM_MODEL_DIR")
        seen = {
            "path": self.path, "body": body, "type": self.headers["Content-Type"], "color": os.environ.get("COLOR"),
            "argument": sys.argv[2], "folder": os.getcwd(), "files": sorted(os.listdir(folder)) if folder else None,
        }
        answer = json.dumps(seen).encode()
        self.send_response(418 if body == '"teapot"' else 200)
        self.send_header("Content-Type", "application/json")
        if self.protocol_version == "HTTP/1.1":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for part in (answer[:5], answer[5:], b""):
                self.wfile.write(b"%x\\r\\n%s\\r\\n" % (len(part), part))
        else:
            self.end_headers()
            self.wfile.write(answer)

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""


def _image() -> str:
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{unique('own')}:1"


def _settled(workshop: Workshop, container: Json) -> Json:
    model, name = unique("model"), unique("endpoint")
    workshop.sagemaker.create_model(ModelName=model, PrimaryContainer=container, ExecutionRoleArn=workshop.role())
    configuration = workshop.configuration(("only", model, 1))
    workshop.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=configuration)
    return workshop.settled(name)


def _model_data(workshop: Workshop, **files: str) -> str:
    return workshop.put(f"models/{unique('model')}/model.tar.gz", archive(**files))


@pytest.mark.parametrize("protocol", ["HTTP/1.0", "HTTP/1.1"])
def should_run_what_stands_for_an_image_as_its_container(workshop: Workshop, tmp_path: Path, protocol: str) -> None:
    image = _image()
    (tmp_path / "serve.py").write_text(SERVER)
    command = [sys.executable, str(tmp_path / "serve.py"), protocol, "/opt/ml/model/weights"]
    assert run_launcher("image", "add", image, "--", *command, state=workshop.cloud.state).returncode == 0
    data = _model_data(workshop, weights="1 2 3")
    found = _settled(workshop, {"Image": image, "ModelDataUrl": data, "Environment": {"COLOR": "red"}})
    assert found["EndpointStatus"] == "InService", found.get("FailureReason")
    for _ in range(3):
        seen, _ = workshop.invoke(found["EndpointName"], {"text": "fine"})
        assert (seen["path"], seen["body"], seen["type"]) == ("/invocations", '{"text": "fine"}', "application/json")
        assert (seen["color"], seen["files"], seen["folder"]) == ("red", ["weights"], str(REPOSITORY))
        assert seen["argument"].startswith(str(workshop.cloud.state)) and seen["argument"].endswith("/model/weights")
    with pytest.raises(workshop.runtime.exceptions.ModelError, match=r"client error \(418\) from primary"):
        workshop.invoke(found["EndpointName"], "teapot")


def should_serve_an_image_without_model_data(workshop: Workshop, tmp_path: Path) -> None:
    image = _image()
    (tmp_path / "serve.py").write_text(SERVER)
    run_launcher(
        *("image", "add", image, "--", sys.executable, str(tmp_path / "serve.py"), "HTTP/1.0", "x"),
        state=workshop.cloud.state,
    )
    found = _settled(workshop, {"Image": image})
    assert workshop.invoke(found["EndpointName"])[0]["files"] is None


@pytest.mark.parametrize("own", [True, False], ids=["own", "framework"])
def should_say_which_command_names_what_runs_in_the_place_of_an_image(workshop: Workshop, own: bool) -> None:
    framework = f"141502667606.dkr.ecr.{REGION}.amazonaws.com/sagemaker-xgboost:3.2-0"
    image = _image() if own else framework
    files = {"code__inference_py": "def predict_fn(d, m): return d"} if own else {"model_json": "{}"}
    found = _settled(workshop, {"Image": image, "ModelDataUrl": _model_data(workshop, **files)})
    state = shlex.quote(str(workshop.cloud.state))
    assert found["EndpointStatus"] == "Failed"
    assert found["FailureReason"].endswith(
        f"python -m local image add --state {state} {image} -- COMMAND [ARGUMENT ...]"
    )  # fmt: skip


def should_fail_when_the_command_cannot_be_started(workshop: Workshop) -> None:
    image = _image()
    run_launcher("image", "add", image, "--", "/no/such/command", state=workshop.cloud.state)
    found = _settled(workshop, {"Image": image})
    assert found["EndpointStatus"] == "Failed" and "/no/such/command" in found["FailureReason"]


def should_list_and_forget_what_runs_in_the_place_of_images(workshop: Workshop, tmp_path: Path) -> None:
    image, state = _image(), workshop.cloud.state
    run_launcher("image", "add", image, "--", "python", "a b.py", state=state)
    assert f"{image}: python 'a b.py'  (in {REPOSITORY})" in run_launcher("image", "list", state=state).stdout
    assert run_launcher("image", "remove", image, state=state).returncode == 0
    assert image not in run_launcher("image", "list", state=state).stdout
    again = run_launcher("image", "remove", image, state=state)
    assert again.returncode == 1 and f"{image} has nothing that runs in its place" in again.stderr
    assert run_launcher("image", "add", image, "--", state=state).returncode == 2
    stopped = run_launcher("image", "list", state=tmp_path / "none")
    assert stopped.returncode == 3 and "python -m local start" in stopped.stderr


def should_know_which_images_serve_inference_scripts() -> None:
    registry = f"141502667606.dkr.ecr.{REGION}.amazonaws.com"
    assert runs_inference_scripts(f"{registry}/sagemaker-scikit-learn:1.9-0-cpu-py3")
    assert runs_inference_scripts(f"{registry}/sagemaker-xgboost@sha256:{'0' * 64}")
    assert not runs_inference_scripts(f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/reviews@sha256:{'0' * 64}")


class _Log:
    def write(self, line: str) -> None:
        pass

    def tail(self, count: int) -> str:
        return "the end of the log"


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setenv("ASHLAR_LOCAL_STATE", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("seconds", [0.0, 0.2])
def should_give_up_on_a_container_that_never_answers_its_ping(tmp_path: Path, port: int, seconds: float) -> None:
    log: Any = _Log()
    child = Child(["sleep", "600"], environment=os.environ, folder=tmp_path, write_line=log.write)
    process = ContainerProcess("primary", child, port, log)  # the port accepts connections and nobody answers
    with pytest.raises(UnhealthyError, match="the end of the log"):
        process.wait_until_healthy(seconds)
    assert not process.is_alive()
