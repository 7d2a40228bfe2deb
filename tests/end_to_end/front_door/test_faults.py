"""What goes wrong behind the API: the caller hears which problem it is, in time, and nothing of what is inside."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.end_to_end.front_door.configuration import MISSING, QUEUED
from tests.end_to_end.front_door.door import Answer, Caller, Door
from tests.end_to_end.front_door.place import Place
from tests.local.cloud import run_launcher

# The runtime's address, which the function reads as the AWS SDKs do.
_VARIABLE = "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"
# The function keeps half a second of its time to answer.
SHORT_SECONDS = 2
GATEWAY_SECONDS = 29.0
Reaction = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Runtime:
    """Stands for SageMaker's runtime, and does with each request what it is told."""

    address: str
    reaction: Reaction


@contextmanager
def listening() -> Iterator[Runtime]:
    """For the time of the block. The function takes an address without TLS on this machine only."""
    runtime = Runtime("", _closes)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            # What it says of a request that nobody waits for any more has nowhere to go.
            with contextlib.suppress(ConnectionError):
                runtime.reaction(self)
            self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        runtime.address = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield runtime
        finally:
            server.shutdown()


@pytest.fixture(scope="module")
def runtime(front_door: Place) -> Iterator[Runtime]:
    """What the function calls in the place of SageMaker."""
    front_door.having()
    with listening() as runtime, configured(front_door, runtime.address):
        yield runtime


@pytest.mark.parametrize(
    ("text", "status", "problem"),
    [
        ("!status 500", 502, "model-failed"),
        ("!status 400", 502, "model-failed"),
        ("!close", 502, "model-failed"),
        ("!garbage", 502, "model-failed"),
        ("!exit", 502, "model-failed"),
    ],
)
def should_say_that_the_model_failed(door: Door, team: Caller, text: str, status: int, problem: str) -> None:
    answer = door.predict(team, text=text)
    assert (answer.status, answer.problem) == (status, problem)


@pytest.mark.long
def should_answer_before_the_gateway_gives_up(door: Door, team: Caller) -> None:
    seconds, answer = _timed(lambda: door.predict(team, text="!slow 30"))
    assert (answer.status, answer.problem) == (504, "deadline-passed")
    assert 25 < seconds < GATEWAY_SECONDS


def should_say_that_no_model_was_released_yet(door: Door, team: Caller) -> None:
    answer = door.predict(team, MISSING)
    assert (answer.status, answer.problem) == (409, "no-model-yet")


def should_say_which_route_an_asynchronous_endpoint_has(door: Door, team: Caller) -> None:
    answer = door.predict(team, QUEUED)
    assert (answer.status, answer.problem) == (409, "asynchronous-endpoint")


@pytest.mark.parametrize(
    ("code", "status", "problem"),
    [
        ("ThrottlingException", 429, "throttled"),
        ("InternalFailure", 503, "unavailable"),
        ("InternalServerError", 503, "unavailable"),
    ],
)
def should_say_that_sagemaker_cannot_answer(
    front_door: Place, door: Door, team: Caller, code: str, status: int, problem: str
) -> None:
    # The function asks a throttled service three times.
    times = 3 if code == "ThrottlingException" else 1
    added = run_launcher("fail", "InvokeEndpoint", code, "--times", str(times), state=front_door.cloud.state)
    assert added.returncode == 0, added.stderr
    answer = door.predict(team)
    assert (answer.status, answer.problem) == (status, problem)
    assert answer.headers["retry-after"].isdigit()
    assert door.predict(team).status == 200


def _closes(handler: BaseHTTPRequestHandler) -> None:
    """Without a word: every connection ends with its request."""


def _answers(content: bytes, status: int = 200) -> Reaction:
    def react(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return react


def _stops_half_way(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"predictions"')


@pytest.mark.parametrize(
    ("reaction", "status", "problem"),
    [
        (_closes, 503, "unavailable"),
        (_stops_half_way, 503, "unavailable"),
        (_answers(b"<html>arn:aws:iam::1:role/x</html>", 502), 503, "unavailable"),
        (_answers(b"\xff\xfe", 500), 503, "unavailable"),
    ],
)
def should_say_that_the_connection_broke(
    runtime: Runtime, door: Door, team: Caller, reaction: Reaction, status: int, problem: str
) -> None:
    runtime.reaction = reaction
    answer = door.predict(team)
    assert (answer.status, answer.problem) == (status, problem)


def should_say_that_nobody_listens(front_door: Place, door: Door, team: Caller) -> None:
    with listening() as runtime:
        """Its port is free after the block."""
    with configured(front_door, runtime.address):
        answer = door.predict(team)
    assert (answer.status, answer.problem) == (503, "unavailable")


def should_give_up_in_time(front_door: Place, door: Door, team: Caller) -> None:
    """The function is given two seconds in place of its 29."""
    over = threading.Event()
    with listening() as runtime, configured(front_door, runtime.address, seconds=SHORT_SECONDS):
        runtime.reaction = lambda handler: _wait(over)
        try:
            door.predict(team)  # the first call starts a process, within the same two seconds
            seconds, answer = _timed(lambda: door.predict(team))
        finally:
            over.set()
    assert (answer.status, answer.problem) == (504, "deadline-passed")
    assert seconds < SHORT_SECONDS


def _wait(over: threading.Event) -> None:
    over.wait()


def _timed(call: Callable[[], Answer]) -> tuple[float, Answer]:
    begun = time.monotonic()
    answer = call()
    return time.monotonic() - begun, answer


@contextmanager
def configured(front_door: Place, address: str, seconds: int = 29) -> Iterator[None]:
    """The function calls this address, for the time of the block, and has so many seconds."""
    functions, name = front_door.cloud.client("lambda"), front_door.function()
    before = functions.get_function_configuration(FunctionName=name)
    variables = before["Environment"]["Variables"]

    def configure(timeout: int, its: dict[str, str]) -> None:
        functions.update_function_configuration(FunctionName=name, Timeout=timeout, Environment={"Variables": its})
        functions.get_waiter("function_updated_v2").wait(FunctionName=name)

    configure(seconds, {**variables, _VARIABLE: address})
    try:
        yield
    finally:
        configure(before["Timeout"], variables)
