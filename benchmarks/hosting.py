"""`python -m benchmarks.hosting [--json FILE] [--requests N] [--assert]`: what hosting costs a request.

A local cloud of its own serves a model that answers at once. Callers are processes with boto3. Each number is a
ratio or a difference of two that were measured in one run: InvokeEndpoint against a direct call to the same model
server in a process of ours, and four callers against one. They are measured in turns, and the best turn of each counts:
what else the machine does can only add. Answers 0 whatever was measured, unless `--assert` is given: then 1 when a
target is missed.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import multiprocessing
import os
import re
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.targets import Target, command_line, findings, report, rows

ROOT = Path(__file__).parent.parent
ACCOUNT = "123456789012"
REGION = "eu-west-1"
CALLERS = 4
TURNS = 3
BODY = json.dumps({"instances": [{"text": "Lovely dress, fits well and feels soft"}]}).encode()
SCRIPT = """
def model_fn(model_dir): return None
def predict_fn(data, model): return {"predictions": [1 for _ in data["instances"]]}
"""


@dataclass(frozen=True)
class Cloud:
    """A running local cloud."""

    url: str
    authority: str

    def client(self, service: str) -> Any:
        """A client that acts as the account's root."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            # pragma: allowlist nextline secret - a made-up or public value that opens nothing
            aws_secret_access_key="local",  # noqa: S106  # nosec B106 # a made-up or public value that opens nothing
            verify=self.authority,
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )


@contextlib.contextmanager
def cloud(state: Path) -> Iterator[Cloud]:
    """A local cloud for the time of the block."""
    local = [sys.executable, "-m", "local"]
    environment = {**os.environ, "ASHLAR_LOCAL_STATE": str(state)}

    def run(*arguments: str) -> str:
        return subprocess.run(  # noqa: S603  # nosec B603 # our own or the user's own command, no shell
            [*local, *arguments], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
        ).stdout

    try:
        started = run("start", "--port", "0", "--region", REGION)
        found = re.search(r"https://\S+", started)
        if found is None:
            raise RuntimeError(f"`python -m local start` named no address: {started}")
        yield Cloud(found[0], str(state / "tls/ca.pem"))
    finally:
        run("stop")


def deploy(there: Cloud, script: str = SCRIPT) -> str:
    """An endpoint with one instance of the model `script`, in service; returns its name."""
    bucket, role = "hosting", _role(there)
    there.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    there.client("s3").put_object(Bucket=bucket, Key="model.tar.gz", Body=_archive(script))
    sagemaker = there.client("sagemaker")
    container = {"Image": "image", "ModelDataUrl": f"s3://{bucket}/model.tar.gz"}
    sagemaker.create_model(ModelName="tiny", PrimaryContainer=container, ExecutionRoleArn=role)
    variant = {"VariantName": "only", "ModelName": "tiny", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(EndpointConfigName="tiny", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="tiny", EndpointConfigName="tiny")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="tiny", WaiterConfig={"Delay": 1})
    return "tiny"


def _role(there: Cloud) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allowed = {"Effect": "Allow", "Action": ["s3:*", "logs:*"], "Resource": "*"}
    iam = there.client("iam")
    arn = iam.create_role(RoleName="hosting", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="hosting", PolicyName="hosting", PolicyDocument=policy(allowed))
    return str(arn)


def policy(statement: dict[str, Any]) -> str:
    """A policy with one statement, as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _archive(script: str) -> bytes:
    buffer, content = io.BytesIO(), script.encode()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        info = tarfile.TarInfo("code/inference.py")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@contextlib.contextmanager
def model_server(folder: Path) -> Iterator[int]:
    """The same model server as behind the endpoint; yields its port."""
    (folder / "inference.py").write_text(SCRIPT, "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
        place = ["--listen", str(listener.fileno()), "--model", str(folder), "--code", str(folder)]
        server = subprocess.Popen(  # noqa: S603  # nosec B603 # our own or the user's own command, no shell
            [sys.executable, "-P", str(ROOT / "local/sagemaker/model_server.py"), *place, "--program", "inference.py"],
            pass_fds=[listener.fileno()],
        )
    try:
        yield port
    finally:
        server.terminate()
        server.wait()


def direct(port: int) -> Callable[[], None]:
    """A call to a model server on a connection that is kept open."""
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def call() -> None:
        connection.request("POST", "/invocations", BODY, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"the model server answered {answer.status}")
        answer.read()

    return call


def hosted(there: Cloud, endpoint: str) -> Callable[[], None]:
    """InvokeEndpoint with boto3."""
    runtime = there.client("sagemaker-runtime")

    def call() -> None:
        answer = runtime.invoke_endpoint(EndpointName=endpoint, Body=BODY, ContentType="application/json")
        answer["Body"].read()

    return call


def latencies(call: Callable[[], None], requests: int) -> list[float]:
    """Seconds of each of so many calls, one after another, after a tenth as many to warm up."""
    for _ in range(requests // 10):
        call()
    found = []
    for _ in range(requests):
        began = time.perf_counter()
        call()
        found.append(time.perf_counter() - began)
    return found


def throughput(there: Cloud, endpoint: str, callers: int, requests: int) -> float:
    """Requests a second that so many processes get answered together, each one after another."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(callers)
    with context.Manager() as manager:
        spans = manager.list()
        processes = [
            context.Process(target=_caller, args=(there, endpoint, requests // callers, ready, spans))
            for _ in range(callers)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        if len(spans) != callers:
            raise RuntimeError(f"{callers - len(spans)} of {callers} callers failed")
        seconds = max(end for _, end in spans) - min(begin for begin, _ in spans)
    return requests // callers * callers / float(seconds)


def _caller(there: Cloud, endpoint: str, requests: int, ready: Any, spans: Any) -> None:
    call = hosted(there, endpoint)
    for _ in range(20):
        call()
    ready.wait()
    began = time.time()
    for _ in range(requests):
        call()
    spans.append((began, time.time()))


def measure(requests: int) -> dict[str, Any]:
    """Everything: `{direct, hosted, one, four, targets, machine}`; latencies in milliseconds, requests a second."""
    with tempfile.TemporaryDirectory() as directory, cloud(Path(directory) / "state") as there:
        endpoint = deploy(there)
        folder = Path(directory) / "model"
        folder.mkdir()
        with model_server(folder) as port:
            calls = (direct(port), hosted(there, endpoint))
            turns = [[milliseconds(latencies(call, requests)) for call in calls] for _ in range(TURNS)]
        plain, through = (min(found, key=lambda cuts: cuts["p50"]) for found in zip(*turns, strict=True))
        rates = [[throughput(there, endpoint, callers, requests) for callers in (1, CALLERS)] for _ in range(TURNS)]
        one, four = (max(found) for found in zip(*rates, strict=True))
    targets = [
        Target("InvokeEndpoint above a direct call, p50", through["p50"] - plain["p50"], at_most=4.0, unit=" ms"),
        Target(f"throughput of {CALLERS} callers, times that of one", four / one, at_least=1.3),
    ]
    return {
        "direct": plain,
        "hosted": through,
        "one": one,
        "four": four,
        **findings(targets),
        "requests": requests,
    }


def milliseconds(seconds: list[float]) -> dict[str, float]:
    """The quantiles that are told of latencies."""
    cuts = statistics.quantiles(seconds, n=100)
    return {"p50": cuts[49] * 1000, "p95": cuts[94] * 1000, "p99": cuts[98] * 1000}


def table(found: dict[str, Any]) -> str:
    """What was measured, for a terminal."""
    machine = found["machine"]
    turns = f"the best of {TURNS} turns of {found['requests']} requests"
    lines = [f"{turns}; {machine['cpus']} CPUs, Python {machine['python']}"]
    for name in ("direct", "hosted"):
        lines.append(f"{name:<8}" + ", ".join(f"{cut} {value:.2f} ms" for cut, value in found[name].items()))
    lines.append(f"{'one':<8}{found['one']:.0f} requests/s, four {found['four']:.0f} requests/s")
    return "\n".join([*lines, *rows(found)])


def main(arguments: list[str]) -> int:
    parser = command_line("hosting", __doc__)
    parser.add_argument("--requests", type=int, default=400, help="requests in each turn")
    options = parser.parse_args(arguments)
    found = measure(options.requests)
    return report(found, table(found), options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
