"""The serving contract, on a model server without a cloud."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SERVER = Path(__file__).parents[3] / "local/sagemaker/model_server.py"
FULL = """
class Refused(Exception):
    status_code = 400

def model_fn(model_dir, context=None):
    return context.system_properties["model_dir"] if context else "no context"

def input_fn(body, content_type):
    if content_type == "text/plain":
        raise Refused("plain text is not taken")
    assert isinstance(body, str if content_type == "application/json" else bytes)
    return content_type

def predict_fn(data, model):
    return [data, model]

def output_fn(prediction, accept):
    return (repr(prediction).encode(), "text/x-python") if accept == "text/x-python" else repr(prediction)
"""


@contextmanager
def _serving(folder: Path, script: str, *, program: str = "inference.py") -> Iterator[str]:
    (folder / "code").mkdir()
    (folder / "code" / program).write_text(script)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, fd = listener.getsockname()[1], listener.fileno()
        options = ["--listen", str(fd), "--model", str(folder), "--code", str(folder / "code"), "--program", program]
        process = subprocess.Popen([sys.executable, "-P", str(SERVER), *options], pass_fds=[fd])
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(5)


def _post(url: str, body: bytes, **headers: str) -> tuple[int, str, str]:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"{url}/invocations", body, given)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def should_call_the_four_functions_with_a_context_where_they_take_one(tmp_path: Path) -> None:
    with _serving(tmp_path, FULL, program="serve.py") as url:
        with urllib.request.urlopen(f"{url}/ping", timeout=10) as ping:  # noqa: S310
            assert ping.status == 200
        status, kind, body = _post(url, b"{}", Content_Type="application/json; charset=utf-8")
        assert (status, kind, body) == (200, "application/json", repr(["application/json", str(tmp_path)]))
        status, kind, _ = _post(url, b"\0", Content_Type="application/x-npy", Accept="text/x-python")
        assert (status, kind) == (200, "text/x-python")
        assert _post(url, b"x", Content_Type="text/plain")[0] == 400


def should_speak_json_for_a_script_with_model_and_predict_only(tmp_path: Path) -> None:
    script = "def model_fn(folder): return 2\ndef predict_fn(data, model): return {'n': data['n'] * model}\n"
    with _serving(tmp_path, script) as url:
        assert json.loads(_post(url, b'{"n": 3}', Content_Type="application/json")[2]) == {"n": 6}
        assert _post(url, b"x", Content_Type="image/png")[0] == 415
        status, _, body = _post(url, b'{"m": 3}', Content_Type="application/json")
        assert (status, json.loads(body)) == (500, {"error": "'n'"})


@pytest.mark.parametrize("script", ["raise RuntimeError('broken')", "def predict_fn(d, m): return d"])
def should_end_without_answering_when_the_model_cannot_be_loaded(tmp_path: Path, script: str) -> None:
    with _serving(tmp_path, script) as url, pytest.raises(OSError):
        urllib.request.urlopen(f"{url}/ping", timeout=10)  # noqa: S310
