"""A stand-in for SageMaker's runtime: a real HTTP server on loopback that answers as it is told and records calls."""

import csv
import io
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PACKAGE = "ashlar-reviews-linear/3"
SERVED = {"x-Amzn-Invoked-Production-Variant": "linear"}


@dataclass(frozen=True)
class Call:
    """One HTTP request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What to answer, and after what. `status` 0 hangs up without an answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    after: threading.Event | None = None


def error(kind: str, status: int, message: str = "") -> Reply:
    """An error as SageMaker's runtime writes it."""
    return Reply(status, json.dumps({"message": message}).encode(), {"x-amzn-errortype": f"{kind}:http://internal/"})


def answer(document: Any) -> Reply:
    """The model's JSON, as variant `linear`."""
    return Reply(200, json.dumps(document).encode(), {**SERVED, "Content-Type": "application/json"})


def predictions(number: int) -> list[dict[str, Any]]:
    return [{"label": 1, "probabilities": {"-1": 0.1, "0": 0.2, "1": 0.7}}] * number


def honest(body: bytes, content_type: str) -> Reply:
    """What a healthy model answers to a valid body."""
    return answer({"predictions": predictions(_instances(body, content_type)), "model_package": PACKAGE})


def _instances(body: bytes, content_type: str) -> int:
    if content_type == "text/csv":
        return sum(1 for _ in csv.reader(io.StringIO(body.decode(), newline="")))
    if content_type == "application/jsonlines":
        return len(body.removesuffix(b"\n").split(b"\n"))
    return len(json.loads(body)["instances"])


class StubRuntime:
    """The server. Replies are used up in order; after the last one the model is healthy."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.connections = 0
        self.replies: list[Reply] = []
        self.always: Reply | None = None
        runtime = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                runtime.connections += 1
                super().setup()

            def do_POST(self) -> None:
                runtime.answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self.calls.append(Call(request.path, dict(request.headers.items()), body))
        reply = self.replies.pop(0) if self.replies else self.always or honest(body, request.headers["Content-Type"])
        if reply.after:
            reply.after.wait(60)
        if reply.status == 0:
            request.close_connection = True
            return
        request.send_response(reply.status)
        for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
            request.send_header(name, value)
        try:
            request.end_headers()
            request.wfile.write(reply.body)
        except ConnectionError:  # the caller's deadline has passed
            request.close_connection = True


@contextmanager
def running() -> Iterator[StubRuntime]:
    runtime = StubRuntime()
    runtime.server.daemon_threads = True
    thread = threading.Thread(target=runtime.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield runtime
    finally:
        runtime.server.shutdown()
        thread.join()
        runtime.server.server_close()
