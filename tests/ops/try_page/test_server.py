"""The server passes on what its own page asks, and nothing that anybody else does."""

from __future__ import annotations

import http.client
import json
import re
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3
from botocore.exceptions import NoCredentialsError

from ops.session import OpsError
from ops.try_page.server import LONGEST_BODY, TryServer
from tests.ops.conftest import refused
from tests.ops.try_page.conftest import PREDICTED, Api

BODY = b'{"instances": [{"text": "nice"}]}'


@dataclass
class Got:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["Content-Type"] == "application/problem+json"
        document: dict[str, Any] = json.loads(self.body)
        assert document["status"] == self.status and document["title"] and document["detail"]
        return document


def send(
    server: TryServer,
    method: str = "POST",
    path: str = "endpoints/reviews/predictions",
    body: bytes = BODY,
    **headers: Any,
) -> Got:
    """As the page does, but for `headers` (`_` is a hyphen, None leaves one out). A path from `/` on has no secret."""
    url = urlsplit(server.url)
    own = {"Host": url.netloc, "Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
    own |= {"Content-Length": str(len(body)), "Origin": f"http://{url.netloc}"} if method == "POST" else {}
    wanted = own | {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.putrequest(method, path if path.startswith("/") else url.path + path, skip_host=True)
    for name, value in wanted.items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders(body if method == "POST" else None)
    response = connection.getresponse()
    got = Got(response.status, dict(response.getheaders()), response.read())
    connection.close()
    return got


def should_serve_one_page_that_nothing_else_belongs_to(server: TryServer) -> None:
    page = send(server, "GET", "", Sec_Fetch_Site="none")
    text = page.body.decode()
    assert page.status == 200 and "ashlar-&lt;dev&gt;" in text
    assert not re.search(r"https?://|NONCE|ENVIRONMENT|/\* S", text)
    # Every style and script is the one that the policy names, and the next server names another.
    policy = page.headers["Content-Security-Policy"]
    (nonce,) = set(re.findall(r"'nonce-([\w-]+)'", policy))
    assert set(re.findall(r"<(?:style|script)([^>]*)>", text)) == {f' nonce="{nonce}"'}
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    assert " style=" not in text and not re.search(r"<[^>]+ on\w+=", text)
    assert page.headers["Cache-Control"] == "no-store" and page.headers["Referrer-Policy"] == "no-referrer"


def should_pass_a_prediction_on_and_say_how_long_it_took(server: TryServer, api: Api) -> None:
    got = send(server)
    assert (got.status, json.loads(got.body)) == (200, PREDICTED)
    assert api.asked == [("POST", "/endpoints/reviews/predictions", BODY)]
    assert got.headers["X-Request-Id"] == "id-1"
    assert re.fullmatch(r"api;dur=\d+\.\d", got.headers["Server-Timing"])


def should_pass_a_problem_on_as_it_is(server: TryServer, api: Api) -> None:
    problem = {"type": "urn:problem-type:ashlar:throttled", "title": "Too many requests", "status": 429, "detail": "x"}
    api.say(problem, 429, {"Content-Type": "application/problem+json", "Retry-After": "1", "Via": "gateway"})
    got = send(server)
    assert got.problem == problem
    assert got.headers["Retry-After"] == "1" and "Via" not in got.headers


def should_keep_a_connection_for_further_questions(server: TryServer, api: Api) -> None:
    pool = urllib3.HTTPConnectionPool("127.0.0.1", server.server_port)
    for _ in range(3):
        assert pool.request("GET", urlsplit(server.url).path + "endpoints").status == 200
    assert pool.num_connections == 1
    pool.close()


@pytest.mark.parametrize(
    ("status", "change"),
    [
        (421, {"Host": "evil.test"}),
        (421, {"Host": None}),
        (421, {"Host": "127.0.0.1"}),
        (403, {"Origin": "http://evil.test"}),
        (403, {"Origin": "null"}),
        (403, {"Origin": None}),
        (403, {"Sec_Fetch_Site": "cross-site"}),
        (403, {"Sec_Fetch_Site": "same-site"}),
        (404, {"path": "/endpoints/reviews/predictions"}),
        (404, {"path": "/guess/endpoints/reviews/predictions"}),
        (404, {"path": "/"}),
        (404, {"path": "jobs"}),
        (404, {"path": "endpoints/reviews/../../openapi.json"}),
        (404, {"path": "endpoints/reviews/predictions/"}),
        (415, {"Content_Type": "text/plain"}),
        (411, {"Content_Length": None}),
        (411, {"Content_Length": "-1"}),
        (413, {"Content_Length": str(LONGEST_BODY + 1)}),
        (501, {"method": "DELETE"}),
    ],
)
def should_ask_the_api_nothing_for_anybody_else(
    server: TryServer, api: Api, status: int, change: dict[str, Any]
) -> None:
    got = send(server, **change)
    assert got.status == status
    assert got.problem
    assert got.headers["Connection"] == "close"
    assert "Access-Control-Allow-Origin" not in got.headers
    assert not api.asked


@pytest.mark.parametrize("change", [{"Host": "evil.test"}, {"Origin": "http://evil.test"}, {"path": "/x/"}])
def should_show_the_page_to_nobody_else(server: TryServer, change: dict[str, Any]) -> None:
    got = send(server, "GET", **{"path": "", **change})
    assert got.problem and b"<script" not in got.body


@pytest.mark.parametrize(
    "error",
    [urllib3.exceptions.ProtocolError("gone"), OpsError("gone"), NoCredentialsError(), refused("AccessDenied", "gone")],
)
def should_say_that_the_api_cannot_be_reached(server: TryServer, api: Api, error: Exception) -> None:
    api.answers["/endpoints"] = error
    assert send(server, "GET", "endpoints").problem["detail"].startswith("The API cannot be reached: ")


def should_listen_to_this_machine_only(server: TryServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert server.socket.family == socket.AF_INET


def should_have_a_secret_of_its_own_each_time(server: TryServer, api: Api) -> None:
    with TryServer(0, api, "ashlar") as other:
        assert urlsplit(other.url).path != urlsplit(server.url).path
    assert len(urlsplit(server.url).path) >= 34
