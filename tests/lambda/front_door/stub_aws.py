"""S3, SageMaker's queue and its control plane on loopback, as far as jobs and the list of endpoints need them.

S3's conditions are evaluated as its user guide says; whoever asks for an object that is not there is denied, as someone
without s3:ListBucket is, and told by a list. That real signatures are accepted is for the end-to-end tests.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

BUCKET = "data"
MODIFIED = "Sat, 21 Nov 2026 10:00:00 GMT"


@dataclass(frozen=True)
class Answer:
    """What the stub answers."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; header names in lower case."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


class StubAws:
    """The servers, in one. `objects`: key -> content and media type; `failing`: what to answer instead, if anything."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.asked: list[Asked] = []
        self.statuses: dict[str, str] = {}
        self.failing: Callable[[Asked], Answer | None] = lambda _: None
        self._lock = threading.Lock()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self) -> None:
                stub.answer(self)

            do_GET = do_HEAD = do_PUT = do_POST = answer  # noqa: N815 - names of http.server

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Asked(request.command, unquote(parts.path), parse_qs(parts.query), headers, body)
        with self._lock:
            self.asked.append(asked)
            answer = self.failing(asked) or self._answer(asked)
        request.send_response(answer.status)
        sized = {"Content-Length": str(len(answer.body)), **dict(answer.headers)}
        for name, value in sized.items():
            request.send_header(name, value)
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(answer.body)

    def called(self, path: str) -> list[Asked]:
        """What was asked whose path begins so."""
        return [asked for asked in self.asked if asked.path.startswith(path)]

    def _answer(self, asked: Asked) -> Answer:
        if asked.path.startswith(f"/{BUCKET}/"):
            return self._s3(asked, asked.path.removeprefix(f"/{BUCKET}/"))
        if asked.path.endswith("/async-invocations"):
            return self._queued(asked)
        if asked.headers.get("x-amz-target") == "SageMaker.DescribeEndpoint":
            return self._described(json.loads(asked.body)["EndpointName"])
        return Answer(404)

    def _s3(self, asked: Asked, key: str) -> Answer:
        if asked.method == "PUT":
            return self._put(asked, key)
        if not key:
            prefix = asked.query["prefix"][0]
            found = sorted(each for each in self.objects if each.startswith(prefix))
            return Answer(200, "".join(f"<Contents><Key>{each}</Key></Contents>" for each in found[:1]).encode())
        if key not in self.objects:
            return Answer(403)
        content, content_type = self.objects[key]
        headers = {"ETag": _etag(content), "Content-Type": content_type, "Last-Modified": MODIFIED}
        return Answer(200, content, (*headers.items(), ("Content-Length", str(len(content)))))

    def _put(self, asked: Asked, key: str) -> Answer:
        there = self.objects.get(key)
        if asked.headers.get("if-none-match") == "*" and there:
            return Answer(412)
        if (wanted := asked.headers.get("if-match")) and (not there or _etag(there[0]) != wanted):
            return Answer(412 if there else 404)
        self.objects[key] = (asked.body, asked.headers.get("content-type", ""))
        return Answer(200, headers=(("ETag", _etag(asked.body)),))

    def _queued(self, asked: Asked) -> Answer:
        place = f"s3://{BUCKET}/{asked.path.split('/')[2].join(('async/', '/'))}"
        number = len(self.called("/endpoints/"))
        locations = {"OutputLocation": f"{place}output/{number}.out", "FailureLocation": f"{place}failure/{number}.out"}
        headers = tuple((f"x-amzn-sagemaker-{name.lower()}", value) for name, value in locations.items())
        return Answer(202, b"{}", headers)

    def _described(self, endpoint: str) -> Answer:
        status = self.statuses.get(endpoint)
        if status is None:
            missing = {"__type": "ValidationException", "message": f'Could not find endpoint "{endpoint}".'}
            return Answer(400, json.dumps(missing).encode())
        return Answer(200, json.dumps({"EndpointStatus": status}).encode())


def _etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


@contextmanager
def running() -> Iterator[StubAws]:
    stub = StubAws()
    thread = threading.Thread(target=stub.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stub
    finally:
        stub.server.shutdown()
        thread.join()
        stub.server.server_close()
