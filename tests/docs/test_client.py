"""The example client against a server that answers as the API does."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

import boto3
import pytest
import urllib3

from tests.docs.conftest import FILE

ANSWER = {"predictions": [{"label": 1}], "variant": "linear", "model_package": "group/1"}
PROBLEM = "application/problem+json"
PREDICTIONS = ("POST", "/v1/endpoints/reviews/predictions")


@dataclass
class Stub:
    """`answers`: (method, path) -> status, body and headers of each answer in turn, the last one for ever."""

    url: str
    answers: dict[tuple[str, str], list[tuple[int, Any, dict[str, str]]]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def answer(self, method: str, path: str, *answers: tuple[int, Any, dict[str, str]]) -> None:
        self.answers[method, path] = list(answers)

    def refuse(self, *answers: tuple[int, str, str]) -> None:
        """A prediction ends in each problem in turn, (status, name, Retry-After or nothing), and succeeds at last."""
        refusals = [
            (
                status,
                {"type": f"urn:problem-type:ashlar:{name}", "title": "no", "detail": "why", "request_id": "id-1"},
                {"Content-Type": PROBLEM, **({"Retry-After": after} if after else {})},
            )
            for status, name, after in answers
        ]
        self.answer(*PREDICTIONS, *refusals, (200, ANSWER, {}))


@pytest.fixture
def stub() -> Iterator[Stub]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            served.asked.append(
                (self.command, self.path, {name.lower(): its for name, its in self.headers.items()}, body)
            )
            answers = served.answers[self.command, self.path]
            status, document, headers = answers.pop(0) if len(answers) > 1 else answers[0]
            content = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            for name, value in ({"Content-Type": "application/json"} | headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self.do_POST()

        def do_PUT(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served = Stub(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served
        server.shutdown()
        thread.join()


@pytest.fixture
def client(stub: Stub, example: ModuleType) -> Any:
    session = boto3.Session("AKIDEXAMPLE", "secret", "token", region_name="eu-west-1")
    return example.Client(f"{stub.url}/v1", example.signed(session))


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch, example: ModuleType) -> list[float]:
    """Every wait of the client's; its clock advances by it at once."""
    waits: list[float] = []

    class Clock:
        sleep = staticmethod(waits.append)

        @staticmethod
        def monotonic() -> float:
            return 1000 + sum(waits)

    monkeypatch.setattr(example, "time", Clock)
    return waits


def should_sign_a_prediction(stub: Stub, client: Any) -> None:
    stub.answer(*PREDICTIONS, (200, ANSWER, {}))
    assert client.predict("reviews", [{"text": "nice"}], variant="linear") == ANSWER
    ((_, _, headers, body),) = stub.asked
    assert json.loads(body) == {"instances": [{"text": "nice"}]}
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-west-1/execute-api/" in headers["authorization"]
    assert (headers["x-amz-security-token"], headers["x-target-variant"]) == ("token", "linear")


def should_list_the_endpoints(stub: Stub, client: Any) -> None:
    stub.answer("GET", "/v1/endpoints", (200, {"endpoints": [{"name": "reviews"}]}, {}))
    assert client.endpoints() == [{"name": "reviews"}]


def should_make_a_problem_an_exception(stub: Stub, client: Any, example: ModuleType) -> None:
    problem = {
        "type": "urn:problem-type:ashlar:invalid-body",
        "detail": "no",
        "pointer": "/instances/0",
        "request_id": "i",
    }
    stub.answer(*PREDICTIONS, (400, problem, {"Content-Type": PROBLEM}))
    with pytest.raises(example.ProblemError, match="400 invalid-body /instances/0: no") as raised:
        client.predict("reviews", [])
    found = raised.value
    assert (found.status, found.name, found.pointer, found.request_id) == (400, "invalid-body", "/instances/0", "i")
    assert len(stub.asked) == 1


def should_show_what_is_no_problem_document(stub: Stub, client: Any, example: ModuleType) -> None:
    stub.answer(*PREDICTIONS, (502, b"<html>proxy</html>", {"Content-Type": "text/html"}))
    with pytest.raises(example.ProblemError, match=r"502 blank .*<html>proxy</html>"):
        client.predict("reviews", [])


def should_wait_as_the_api_says_and_send_again(stub: Stub, client: Any, waits: list[float]) -> None:
    stub.refuse((429, "throttled", "1"), (503, "unavailable", "5"))
    assert client.predict("reviews", []) == ANSWER
    assert len(stub.asked) == 3
    assert 1 <= waits[0] <= 1.5 and 5 <= waits[1] <= 6


@pytest.mark.parametrize(
    ("status", "name", "after"),
    [
        (504, "deadline-passed", ""),
        (502, "model-failed", ""),
        (429, "quota-exceeded", "3600"),
        (503, "unavailable", "Wed, 21 Oct 2026 07:28:00 GMT"),
    ],
)
def should_not_send_again_what_would_not_help(
    stub: Stub, client: Any, example: ModuleType, waits: list[float], status: int, name: str, after: str
) -> None:
    stub.refuse((status, name, after))
    with pytest.raises(example.ProblemError, match=name):
        client.predict("reviews", [])
    assert len(stub.asked) == 1 and not waits


def should_give_up_in_the_end(stub: Stub, client: Any, example: ModuleType, waits: list[float]) -> None:
    stub.refuse(*[(429, "throttled", "1")] * 9)
    with pytest.raises(example.ProblemError, match="throttled"):
        client.predict("reviews", [])
    assert len(stub.asked) == example.ATTEMPTS


def should_take_one_token_for_many_requests(stub: Stub, example: ModuleType, waits: list[float]) -> None:
    token = {"access_token": "abc", "expires_in": 900, "token_type": "Bearer"}
    stub.answer("POST", "/oauth2/token", (200, token, {}))
    stub.answer(*PREDICTIONS, (200, ANSWER, {}))
    authorize = example.bearer(urllib3.PoolManager(retries=False), f"{stub.url}/oauth2/token", "id", "hidden")
    client = example.Client(f"{stub.url}/v1", authorize)
    for _ in range(3):
        client.predict("reviews", [])
    asked, *predicted = stub.asked
    assert asked[1:2] == ("/oauth2/token",) and asked[3] == b"grant_type=client_credentials"
    assert asked[2]["authorization"].startswith("Basic ")
    assert [path for _, path, _, _ in predicted] == [PREDICTIONS[1]] * 3
    assert all(headers["authorization"] == "Bearer abc" for _, _, headers, _ in predicted)
    # A minute before its end it is taken anew.
    waits.append(841)
    client.predict("reviews", [])
    assert [path for _, path, _, _ in stub.asked].count("/oauth2/token") == 2


def should_say_that_no_token_was_given(stub: Stub, example: ModuleType) -> None:
    stub.answer("POST", "/oauth2/token", (400, {"error": "invalid_client"}, {}))
    authorize = example.bearer(urllib3.PoolManager(retries=False), f"{stub.url}/oauth2/token", "id", "wrong")
    with pytest.raises(example.ProblemError, match="invalid_client"):
        example.Client(f"{stub.url}/v1", authorize).predict("reviews", [])


def should_send_a_key(stub: Stub, example: ModuleType) -> None:
    stub.answer(*PREDICTIONS, (200, ANSWER, {}))
    example.Client(f"{stub.url}/v1", example.api_key("k")).predict("reviews", [])
    ((_, _, headers, _),) = stub.asked
    assert headers["x-api-key"] == "k"
    assert "authorization" not in headers


@pytest.mark.parametrize("size", [10, 4_000_000])
def should_upload_what_is_large_and_ask_until_the_job_is_done(
    stub: Stub, client: Any, waits: list[float], size: int
) -> None:
    body, id = b"x" * size, "0" * 32
    link = {"id": "1" * 32, "method": "PUT", "url": f"{stub.url}/bucket/input?signature=s", "headers": {"X-Own": "1"}}
    stub.answer("POST", "/v1/endpoints/queued/uploads", (201, link, {}))
    stub.answer("PUT", "/bucket/input?signature=s", (200, b"", {}))
    job = {"id": id, "status": "pending"}
    for path in ("jobs", f"jobs?upload={link['id']}"):
        stub.answer("POST", f"/v1/endpoints/queued/{path}", (202, job, {"Location": f"/jobs/{id}", "Retry-After": "5"}))
    done = {**job, "status": "succeeded", "result": {"url": f"{stub.url}/bucket/output?signature=s"}}
    stub.answer("GET", f"/v1/jobs/{id}", (200, job, {"Retry-After": "5"}), (200, done, {}))
    stub.answer("GET", "/bucket/output?signature=s", (200, b"result", {}))
    assert client.start_job("queued", body, "image/png", key="k-1") == id
    assert client.result(id) == b"result"
    assert waits == [5]
    sent = {f"{method} {path.split('?')[0]}": (headers, content) for method, path, headers, content in stub.asked}
    headers, content = sent["POST /v1/endpoints/queued/jobs"]
    assert headers["idempotency-key"] == "k-1"
    assert content == (b"" if size > 10 else body)
    assert ("PUT /bucket/input" in sent) == (size > 10)
    if size > 10:
        assert json.loads(sent["POST /v1/endpoints/queued/uploads"][1]) == {"content_type": "image/png", "bytes": size}
        assert sent["PUT /bucket/input"][0]["x-own"] == "1" and sent["PUT /bucket/input"][1] == body
    # A presigned link gets no other credentials.
    assert not [path for path, (its, _) in sent.items() if "/bucket/" in path and "authorization" in its]


def should_make_a_failed_job_an_exception(stub: Stub, client: Any, example: ModuleType) -> None:
    failure = {"type": "urn:problem-type:ashlar:model-failed", "status": 502, "detail": "no", "request_id": "id-1"}
    stub.answer("GET", "/v1/jobs/x", (200, {"id": "x", "status": "failed", "failure": failure}, {}))
    with pytest.raises(example.ProblemError, match="502 model-failed"):
        client.result("x")


def should_not_wait_for_a_job_for_ever(stub: Stub, client: Any, waits: list[float]) -> None:
    stub.answer("GET", "/v1/jobs/x", (200, {"id": "x", "status": "pending"}, {"Retry-After": "5"}))
    with pytest.raises(TimeoutError, match="job x has no result after 20 s"):
        client.result("x", seconds=20)
    assert sum(waits) == 20


def should_be_a_short_file_that_needs_boto3_only() -> None:
    assert len(FILE.read_text("utf-8").splitlines()) <= 150
    checked = subprocess.run([sys.executable, "-m", "mypy", str(FILE)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    code = "import sys; sys.path.insert(0, sys.argv[1]); import client; print(*{m.split('.')[0] for m in sys.modules})"
    used = subprocess.run(
        [sys.executable, "-c", code, str(FILE.parent)], capture_output=True, text=True, check=True
    ).stdout.split()
    # botocore's own dependencies.
    theirs = {"boto3", "botocore", "urllib3", "s3transfer", "jmespath", "dateutil", "six", "certifi", "client"}
    extra = {name for name in used if not name.startswith("_")} - theirs - set(sys.stdlib_module_names)
    assert not extra
