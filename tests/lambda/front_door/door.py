"""The function as Lambda holds it: imported fresh with an environment, called with API Gateway's events."""

import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

REGION = "eu-west-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",  # pragma: allowlist secret - a made-up or public value that opens nothing
    "AWS_SESSION_TOKEN": "a session token",  # pragma: allowlist secret - a made-up or public value that opens nothing
}
ENDPOINTS = {"reviews": "ashlar-local-reviews"}
PROBLEM_MEMBERS = {"type", "title", "status", "detail", "request_id"}
VALID: dict[str, list[dict[str, str | None]]] = {
    "instances": [{"title": "Lovely", "text": "Fits well."}, {"title": None, "text": "Too small ☹"}]
}


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    document: Any


@dataclass
class Context:
    """Lambda's context object, with a fixed remaining time."""

    aws_request_id: str = "lambda-id"
    remaining_ms: int = 29_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


def event(body: str | bytes, **changes: Any) -> dict[str, Any]:
    """API Gateway's event for a prediction by the endpoint `reviews`."""
    return {
        "resource": "/endpoints/{endpoint}/predictions",
        "httpMethod": "POST",
        "pathParameters": {"endpoint": "reviews"},
        "headers": {"content-type": "application/json; charset=utf-8"},
        "body": body.decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": False,
        "requestContext": {"requestId": "gateway-id"},
    } | changes


class Door:
    """The handler of one start."""

    def __init__(self, handler: Any) -> None:
        self.handler = handler

    def send(self, document: Any = VALID, *, remaining_ms: int = 29_000, **changes: Any) -> Response:
        return self.receive(event(json.dumps(document), **changes), remaining_ms=remaining_ms)

    def receive(self, api_event: Mapping[str, Any], *, remaining_ms: int = 29_000) -> Response:
        answer = self.handler.handle(api_event, Context(remaining_ms=remaining_ms))
        json.dumps(answer)  # Lambda does the same
        return Response(answer["statusCode"], answer["headers"], json.loads(answer["body"]))


@contextmanager
def started(environ: Mapping[str, str]) -> Iterator[Door]:
    """Import the handler under `environ` and nothing else of AWS; forget it afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        for name in (
            "AWS_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME",
            "AWS_CA_BUNDLE",
            "LOG_LEVEL",
            "ENDPOINTS",
        ):
            patch.delenv(name, raising=False)
        for name, value in environ.items():
            patch.setenv(name, value)
        sys.modules.pop("front_door.handler", None)
        try:
            handler = importlib.import_module("front_door.handler")
            yield Door(handler)
            handler.client._pool.clear()
        finally:
            sys.modules.pop("front_door.handler", None)


def environment(runtime_url: str) -> dict[str, str]:
    return {"ENDPOINTS": json.dumps(ENDPOINTS), "AWS_REGION": REGION, "AWS_ENDPOINT_URL": runtime_url, **CREDENTIALS}


def assert_is_problem(response: Response, status: int, name: str) -> None:
    """A well-formed problem of this kind that tells a stranger nothing about the inside."""
    assert response.status == response.document["status"] == status, response.document
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.document["type"] == f"urn:problem-type:ashlar:{name}"
    assert response.document["request_id"] == "gateway-id"
    assert response.document.keys() - {"pointer"} == PROBLEM_MEMBERS
    text = json.dumps(response.document)
    assert len(text) < 1000
    assert not any(word in text for word in ("arn:", "Traceback", "ashlar-local", "111122223333"))
