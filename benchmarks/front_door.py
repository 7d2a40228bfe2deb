"""`python -m benchmarks.front_door [--json FILE] [--assert]`: what the front door's function costs, and others' ways.

Three functions answer the same requests, with the same checks, log and metrics, in front of the same stub of
SageMaker's runtime on loopback: ours, one with boto3 and the standard library, and one with Powertools, pydantic and
boto3 (benchmarks/peers). Each is started as Lambda starts it, from its package, without compiled files of its own.
CPU time of the function's process only; they take turns, and the least of each counts: what else the machine does can
only add. Where valgrind is installed, instructions are counted too: they do not depend on what else the machine does.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.targets import Target, command_line, findings, report, rows
from config.declaration import load_declaration
from config.schema import FrontDoor
from stacks.api_definition import ApiEndpoint
from stacks.api_definition.packaged import packaged
from stacks.constructs.function_package import function_package

ROOT = Path(__file__).parent.parent
PEERS = ROOT / "benchmarks/peers"
ENDPOINT, HOSTED, CALLER = "reviews", "ashlar-dev-reviews", "ashlar-dev-caller-applications"
MODULES = {"ours": "front_door.handler", "boto3": "boto3_handler", "powertools": "powertools_handler"}
TITLES = ("Lovely", None, "Not for me", "Runs small", "My new favourite dress")
TEXTS = (
    "Fits well and feels soft; I bought a second one in blue the same week.",
    "The fabric is thinner than in the picture and the seams came loose after one wash.",
    "It is okay. Nothing special, but for the price I do not complain.",
    "I am usually a medium, and this was tight across the shoulders, so I returned it for a large, which is perfect.",
)
SIZES = (1, 50)
"""Instances in a request."""


@dataclass(frozen=True)
class Bench:
    """Where everything lies, and the stub's port."""

    folder: Path
    port: int

    def run(self, way: str, size: int, requests: int, *before: str) -> tuple[dict[str, Any], str]:
        """One process of the function: what it says of itself, and what it (or the program `before` it) printed."""
        arguments = [MODULES.get(way, "-"), str(self.folder / way), str(self.folder / f"{size}.json"), str(requests)]
        command = [*before, sys.executable, "-P", str(PEERS / "worker.py"), *arguments]
        ended = subprocess.run(  # noqa: S603  # nosec B603 # our own or the user's own command, no shell
            command, env=self._environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
        )
        if ended.returncode:
            raise RuntimeError(f"{way} failed: {ended.stderr[-2000:]}")
        found = re.search(r"^\{.*\}$", ended.stderr, re.MULTILINE)
        return json.loads(found[0]) if found else {}, ended.stderr

    def _environment(self) -> dict[str, str]:
        endpoints = {"endpoints": {ENDPOINT: HOSTED}, "callers": {CALLER: [ENDPOINT]}}
        return {
            "PATH": os.environ["PATH"],
            "PYTHONHASHSEED": "0",
            # The package has no compiled files in Lambda either, and nobody may write them there.
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
            # pragma: allowlist nextline secret - a made-up or public value that opens nothing
            "AWS_SECRET_ACCESS_KEY": "secret",  # nosec B105 # a made-up or public value that opens nothing
            # pragma: allowlist nextline secret - a made-up or public value that opens nothing
            "AWS_SESSION_TOKEN": "a session token" * 50,
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": f"http://127.0.0.1:{self.port}",
            "AWS_LAMBDA_FUNCTION_NAME": "front-door",
            "LOG_LEVEL": "INFO",
            "METRICS_NAMESPACE": "front-door",
            "FRONT_DOOR": json.dumps(endpoints),
        }


@contextlib.contextmanager
def prepared() -> Iterator[tuple[Bench, int]]:
    """The packages, the requests and the stub, and the bytes of our package."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        archive = package()
        zipfile.ZipFile(io.BytesIO(archive)).extractall(folder / "ours")
        for way in ("boto3", "powertools"):
            (folder / way).mkdir()
            shutil.copy(PEERS / f"{way}_handler.py", folder / way)
        for size in SIZES:
            (folder / f"{size}.json").write_text(json.dumps([event(size, first) for first in range(len(TEXTS))]))
        stub = subprocess.Popen(  # noqa: S603  # nosec B603 # our own or the user's own command, no shell
            [sys.executable, "-P", str(PEERS / "stub.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            yield Bench(folder, int(stub.stdout.readline() if stub.stdout else "")), len(archive)
        finally:
            stub.communicate()


def package(hosted: str = HOSTED) -> bytes:
    """The function's package as it is deployed, in front of the SageMaker endpoint `hosted`."""
    reviews = ApiEndpoint(hosted, "real_time", ["linear", "xgboost"], load_declaration(ROOT / "model_code/reviews"))
    files = packaged(
        name="ashlar-dev",
        endpoints={ENDPOINT: reviews},
        settings=FrontDoor(),
        callers={CALLER: "applications"},
        server="/v1",
        verbose_errors=False,
    )
    return function_package("front_door", files)


def event(size: int, first: int) -> dict[str, Any]:
    """API Gateway's event (REST API, Lambda proxy, binary media types) for a request with `size` instances."""
    instances = [
        {"title": TITLES[(first + index) % len(TITLES)], "text": TEXTS[(first + index) % len(TEXTS)]}
        for index in range(size)
    ]
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Host": "gatewayapi.execute-api.eu-west-1.amazonaws.com",
        "User-Agent": "python-requests/2.32",
        "X-Amz-Date": "20261121T100000Z",
        "X-Amzn-Trace-Id": "Root=1-00000000-0000",
        "X-Forwarded-For": "192.0.2.1",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    path = f"/endpoints/{ENDPOINT}/predictions"
    caller = f"arn:aws:sts::111122223333:assumed-role/{CALLER}/session"
    return {
        "resource": "/endpoints/{endpoint}/predictions",
        "path": path,
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"endpoint": ENDPOINT},
        "stageVariables": None,
        "requestContext": {
            "accountId": "111122223333",
            "apiId": "gatewayapi",
            "domainName": headers["Host"],
            "httpMethod": "POST",
            "identity": {"accountId": "111122223333", "sourceIp": "192.0.2.1", "userArn": caller},
            "path": f"/v1{path}",
            "protocol": "HTTP/1.1",
            "requestId": f"00000000-0000-4000-8000-{first:012}",
            "requestTime": "21/Nov/2026:10:00:00 +0000",
            "requestTimeEpoch": 1795255200000,
            "resourceId": "abc123",
            "resourcePath": "/endpoints/{endpoint}/predictions",
            "stage": "v1",
        },
        "body": base64.b64encode(json.dumps({"instances": instances}).encode()).decode(),
        "isBase64Encoded": True,
    }


def times(bench: Bench, turns: int, requests: int) -> dict[str, dict[str, float]]:
    """Way -> `{init, request/1, request/50}`, CPU milliseconds."""
    found: dict[str, dict[str, float]] = {way: {} for way in MODULES}
    for _ in range(turns):
        for size in SIZES:
            answers = []
            for way, its in found.items():
                said, _ = bench.run(way, size, requests)
                answers.append(said["answers"])
                for name, seconds in {"init": said["init"], f"request/{size}": said["request"]}.items():
                    its[name] = min(its.get(name, float("inf")), seconds * 1000)
            if any(each != answers[0] for each in answers):
                raise RuntimeError(f"the functions do not answer the same: {answers}")
    return found


def instructions(bench: Bench, requests: int) -> dict[str, dict[str, float]] | None:
    """The same in millions of instructions, by valgrind; None where it is not installed."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        return None

    def count(way: str, size: int, number: int) -> float:
        out = f"--callgrind-out-file={os.devnull}"
        _, said = bench.run(way, size, number, valgrind, "--tool=callgrind", out)
        collected = re.search(r"Collected : (\d+)", said)
        if collected is None:
            raise RuntimeError(f"valgrind counted nothing: {said[-500:]}")
        return int(collected[1]) / 1e6

    nothing = count("-", SIZES[0], 0)
    found = {}
    for way in MODULES:
        found[way] = {"init": count(way, SIZES[0], 0) - nothing}
        for size in SIZES:
            few, many = count(way, size, requests), count(way, size, 2 * requests)
            found[way][f"request/{size}"] = (many - few) / requests
    return found


def measure(turns: int, requests: int) -> dict[str, Any]:
    """Everything: `{milliseconds, instructions, package_kb, targets, machine}`."""
    with prepared() as (bench, size):
        taken = times(bench, turns, requests)
        counted = instructions(bench, 10)
    targets = [Target("package", size / 1000, at_most=100, unit=" KB")]
    for peer, most in (("powertools", {"init": 0.35, "request": 0.5}), ("boto3", {"init": 0.7, "request": 0.7})):
        for what in taken["ours"]:
            ratio = taken["ours"][what] / taken[peer][what]
            targets.append(Target(f"{what}, CPU of ours / {peer}", ratio, at_most=most[what.partition("/")[0]]))
    return {"milliseconds": taken, "instructions": counted, "package_kb": size / 1000, **findings(targets)}


def table(found: dict[str, Any]) -> str:
    """What was measured, for a terminal."""
    machine, counted = found["machine"], found["instructions"]
    lines = [f"{machine['cpus']} CPUs, Python {machine['python']}; request/N has N instances"]
    if counted is None:
        lines.append("valgrind is not installed: no instructions were counted")
    lines.append(f"{'':<12}" + "".join(f"{what:>24}" for what in found["milliseconds"]["ours"]))
    for way, its in found["milliseconds"].items():
        cells = [
            f"{value:.3f} ms" + (f" {counted[way][what]:8.2f} M" if counted else "") for what, value in its.items()
        ]
        lines.append(f"{way:<12}" + "".join(f"{cell:>24}" for cell in cells))
    return "\n".join([*lines, *rows(found)])


def main(arguments: list[str]) -> int:
    parser = command_line("front_door", __doc__)
    parser.add_argument("--turns", type=int, default=5, help="processes of each function for each size of request")
    parser.add_argument("--requests", type=int, default=200, help="requests of each process")
    options = parser.parse_args(arguments)
    found = measure(options.turns, options.requests)
    return report(found, table(found), options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
