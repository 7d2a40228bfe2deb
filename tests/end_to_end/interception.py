"""Stands between a Lambda function and CloudFormation: a call is held while the test does something else.

The function's own configuration names this place (AWS_ENDPOINT_URL_CLOUDFORMATION). A request goes on as it came, so
its signature stays valid.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import urllib3

from tests.end_to_end.conftest import Ashlar

_VARIABLE = "AWS_ENDPOINT_URL_CLOUDFORMATION"
_LONGEST_SECONDS = 60.0


@dataclass
class Held:
    """One call that waits. `pass_on` sends it, and `answer` gives the function what came back; each happens once."""

    pass_on: threading.Event = field(default_factory=threading.Event)
    passed_on: threading.Event = field(default_factory=threading.Event)
    answer: threading.Event = field(default_factory=threading.Event)

    def let_go(self) -> None:
        """Send it, and hand its answer back."""
        self.pass_on.set()
        self.answer.set()

    def send(self) -> None:
        """Send it, and keep its answer."""
        self.pass_on.set()
        assert self.passed_on.wait(_LONGEST_SECONDS)


class Interception:
    """`calls`: those of the action that were held, in their order."""

    def __init__(self, action: str, url: str, certificate_authority: str) -> None:
        self._action, self._url = action, url
        self._http = urllib3.PoolManager(ca_certs=certificate_authority)
        self._calls: queue.Queue[Held] = queue.Queue()
        self._open: list[Held] = []
        self._over = threading.Event()

    def next(self) -> Held:
        """The next call of the action, which now waits. queue.Empty where none comes."""
        return self._calls.get(timeout=_LONGEST_SECONDS)

    def end(self) -> None:
        """Hold nothing any more. What is still held is dropped."""
        self._over.set()
        for held in self._open:
            held.let_go()

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        """Pass one request on, at once or when it is let go."""
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        held = Held()
        if parse_qs(body.decode()).get("Action") == [self._action] and not self._over.is_set():
            self._open.append(held)
            self._calls.put(held)
        else:
            held.let_go()
        assert held.pass_on.wait(_LONGEST_SECONDS)
        if self._over.is_set() and held in self._open:
            return
        answer = self._http.request("POST", self._url + handler.path, body=body, headers=dict(handler.headers.items()))
        held.passed_on.set()
        assert held.answer.wait(_LONGEST_SECONDS)
        handler.send_response(answer.status)
        for name in ("Content-Type", "x-amzn-RequestId"):
            if name in answer.headers:
                handler.send_header(name, answer.headers[name])
        handler.send_header("Content-Length", str(len(answer.data)))
        handler.end_headers()
        handler.wfile.write(answer.data)


@contextmanager
def intercepted(ashlar: Ashlar, function: str, action: str) -> Iterator[Interception]:
    """Every CloudFormation call `action` of the function is held, for the time of the block."""
    interception = Interception(action, ashlar.cloud.url, ashlar.cloud.certificate_authority)
    functions = ashlar.client("lambda")
    variables = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                interception.handle(self)
            except ConnectionError:  # who asked was killed meanwhile
                return

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            _configure(functions, function, {**variables, _VARIABLE: place})
            yield interception
        finally:
            interception.end()
            _configure(functions, function, variables)
            server.shutdown()


def _configure(functions: Any, function: str, variables: dict[str, str]) -> None:
    functions.update_function_configuration(FunctionName=function, Environment={"Variables": variables})
    functions.get_waiter("function_updated_v2").wait(FunctionName=function)
