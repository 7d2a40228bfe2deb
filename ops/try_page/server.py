"""The loopback server behind the page: it passes the page's requests on to the API, signed as a caller.

Every program and every web page of this machine can reach a loopback port. So all paths hold a secret, which is in the
printed address only, and a request must name this host (against DNS rebinding) and come from this page (against
cross-site request forgery).
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Protocol
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from ops.session import OpsError
from ops.try_page.page import page, policy

ADDRESS = "127.0.0.1"
# The API's own limit of a body.
LONGEST_BODY = 4_500_000
STALLED_SECONDS = 30.0
PASSED_ON = ("Content-Type", "X-Request-Id", "X-Served-Variant", "Retry-After")
ROUTES = {"GET": re.compile(r"/endpoints"), "POST": re.compile(r"/endpoints/[a-z0-9-]+/predictions")}


class Answer(Protocol):
    """What is used of an API's answer."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def data(self) -> bytes: ...


class Upstream(Protocol):
    """The deployed API, as a caller reaches it."""

    def request(self, method: str, path: str, body: bytes | None = None) -> Answer: ...


@dataclass(frozen=True)
class Reply:
    """What the browser gets."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class TryServer(ThreadingHTTPServer):
    """Binds at once; `url` is the page's address. `port` 0: any free one. Serves and closes as every server does."""

    daemon_threads = True

    def __init__(self, port: int, api: Upstream, environment: str) -> None:
        self.api = api
        self._secret, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(16)
        self.page = Reply(
            HTTPStatus.OK,
            page(environment, nonce),
            {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy(nonce)},
        )
        super().__init__((ADDRESS, port), Handler)

    def server_bind(self) -> None:
        """Without HTTPServer's question to the name service, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_port = int(self.server_address[1])

    @property
    def url(self) -> str:
        """With the secret: whoever has it may ask the API through this server."""
        return f"http://{ADDRESS}:{self.server_port}/{self._secret}/"

    @property
    def hosts(self) -> tuple[str, str]:
        """The values of `Host` that mean this server."""
        return f"{ADDRESS}:{self.server_port}", f"localhost:{self.server_port}"

    def below_secret(self, path: str) -> str | None:
        """`/<secret>/x` -> `/x`; None for a path of another secret."""
        _, given, *rest = path.split("/")
        return "/" + "/".join(rest) if rest and compare_digest(given.encode(), self._secret.encode()) else None


class Handler(BaseHTTPRequestHandler):
    """One connection of the browser's."""

    server: TryServer
    protocol_version = "HTTP/1.1"
    timeout = STALLED_SECONDS

    def do_GET(self) -> None:
        """The page, and what it asks."""
        self._send(self._refused() or self._answered())

    def do_POST(self) -> None:
        """What the page asks of a model."""
        self.do_GET()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """The base class's own refusals, such as of a method that nobody serves."""
        self._send(problem(HTTPStatus(code), message or explain or "This server does not do that."))

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the path holds the secret."""

    def version_string(self) -> str:
        """Nobody needs to know more."""
        return "ashlar"

    def _refused(self) -> Reply | None:
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        if host not in self.server.hosts:
            return problem(HTTPStatus.MISDIRECTED_REQUEST, f"This server is {self.server.hosts[0]} and nothing else.")
        own = {f"http://{host}", *({None} if self.command == "GET" else ())}
        if origin not in own or self.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
            return problem(HTTPStatus.FORBIDDEN, "Only the page of this server may ask it.")
        if self.server.below_secret(urlsplit(self.path).path) is None:
            return problem(HTTPStatus.NOT_FOUND, "Use the address that was printed when this server started.")
        return None

    def _answered(self) -> Reply:
        path = self.server.below_secret(urlsplit(self.path).path)
        if self.command == "GET" and path == "/":
            return self.server.page
        if not path or not ROUTES[self.command].fullmatch(path):
            return problem(HTTPStatus.NOT_FOUND, "The page asks for endpoints and for predictions, and nothing else.")
        if self.command == "GET":
            return self._passed_on(path, None)
        if self.headers.get_content_type() != "application/json":
            return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The page sends application/json.")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            return problem(HTTPStatus.LENGTH_REQUIRED, "Send a Content-Length.")
        if int(length) > LONGEST_BODY:
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The API takes {LONGEST_BODY:,} bytes.")
        return self._passed_on(path, self.rfile.read(int(length)))

    def _passed_on(self, path: str, body: bytes | None) -> Reply:
        begun = time.perf_counter()
        try:
            answer = self.server.api.request(self.command, path, body)
        except (HTTPError, OpsError, BotoCoreError, ClientError) as error:
            return problem(HTTPStatus.BAD_GATEWAY, f"The API cannot be reached: {error}. Is it deployed and running?")
        milliseconds = (time.perf_counter() - begun) * 1000
        headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
        return Reply(answer.status, answer.data, {**headers, "Server-Timing": f"api;dur={milliseconds:.1f}"})

    def _send(self, reply: Reply) -> None:
        if reply.status >= HTTPStatus.BAD_REQUEST:
            # A body that was not read would be taken for the next request.
            self.close_connection = True
        self.send_response(reply.status)
        for name, value in (_ALWAYS | dict(reply.headers)).items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)


_ALWAYS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def problem(status: HTTPStatus, detail: str) -> Reply:
    """A refusal of this server's own, in the form of the API's (RFC 9457)."""
    document = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
    return Reply(status, json.dumps(document).encode(), {"Content-Type": "application/problem+json"})
