"""The function as Lambda holds it: imported fresh with an environment, called with API Gateway's events."""

import base64
import importlib
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from front_door import content, predictions, settings

REGION = "eu-west-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",  # pragma: allowlist secret - a made-up or public value that opens nothing
    "AWS_SESSION_TOKEN": "a session token",  # pragma: allowlist secret - a made-up or public value that opens nothing
}
REVIEW = {
    "type": "object",
    "properties": {
        "title": {"type": ["string", "null"], "examples": ["Lovely"]},
        "text": {"type": "string", "pattern": r"\S", "examples": ["Fits well."]},
    },
    "required": ["text"],
    "additionalProperties": False,
}
CLASSES = ("-1", "0", "1")
PREDICTION = {
    "type": "object",
    "properties": {
        "label": {"type": "integer", "enum": [-1, 0, 1]},
        "probabilities": {
            "type": "object",
            "properties": {name: {"type": "number", "minimum": 0, "maximum": 1} for name in CLASSES},
            "required": list(CLASSES),
            "additionalProperties": False,
        },
    },
    "required": ["label", "probabilities"],
    "additionalProperties": False,
}


def hosted(name: str, **changes: Any) -> dict[str, Any]:
    """An endpoint of declared.json, without a declaration."""
    plain = {"name": f"ashlar-local-{name}", "mode": "real_time", "variants": ["linear", "xgboost"]}
    none = dict.fromkeys(("title", "description", "requests", "prediction"))
    return {**plain, **none, **changes}


REVIEWS = hosted(
    "reviews",
    requests={
        "application/json": {"instance": REVIEW, "max_instances": 1000},
        "application/jsonlines": {"instance": REVIEW, "max_instances": 1000},
        "text/csv": {"columns": ["title", "text"], "header": False, "instance": REVIEW, "max_instances": 1000},
    },
    prediction=PREDICTION,
)
DECLARED: dict[str, Any] = {
    "name": "ashlar-local",
    "auth": "iam",
    "verbose_errors": False,
    "endpoints": {
        "reviews": REVIEWS,
        "photos": hosted("photos", requests={"image/*": {"max_bytes": 1000}}),
        "other": hosted("other"),
        "small": hosted("small", mode="serverless"),
        "later": hosted("later", mode="asynchronous"),
    },
    "clients": {
        "applications": {"endpoints": ["reviews", "photos", "small", "later"], "choose_variant": False},
        "testers": {"endpoints": ["reviews"], "choose_variant": True},
    },
    "callers": {"ashlar-local-caller-applications": "applications", "ashlar-local-caller-testers": "testers"},
}
PROBLEM_MEMBERS = {"type", "title", "status", "detail", "request_id"}
VALID: dict[str, list[dict[str, str | None]]] = {
    "instances": [{"title": "Lovely", "text": "Fits well."}, {"title": None, "text": "Too small ☹"}]
}


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    document: Any
    """None where the answer is no JSON."""
    body: bytes


@dataclass
class Context:
    """Lambda's context object, with a fixed remaining time."""

    aws_request_id: str = "lambda-id"
    remaining_ms: int = 29_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


def caller(client: str) -> dict[str, Any]:
    """API Gateway's `requestContext` of a client's role."""
    role = f"ashlar-local-caller-{client}"
    arn = f"arn:aws:sts::111122223333:assumed-role/{role}/session"
    return {"requestContext": {"requestId": "gateway-id", "identity": {"userArn": arn, "apiKeyId": None}}}


def event(body: str | bytes, **changes: Any) -> dict[str, Any]:
    """API Gateway's event for a prediction by the endpoint `reviews`, of the client `applications`."""
    return {
        "resource": "/endpoints/{endpoint}/predictions",
        "httpMethod": "POST",
        "pathParameters": {"endpoint": "reviews"},
        "headers": {"content-type": "application/json; charset=utf-8"},
        "body": body.decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": False,
        **caller("applications"),
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
        body = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
        is_json = "json" in answer["headers"]["Content-Type"] and not answer["isBase64Encoded"]
        return Response(answer["statusCode"], answer["headers"], json.loads(body) if is_json else None, body)


@contextmanager
def started(environ: Mapping[str, str], declared: Any = DECLARED) -> Iterator[Door]:
    """Import the handler under `environ` and nothing else of AWS; forget the package afterwards."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        file = Path(folder) / "declared.json"
        file.write_text(json.dumps(declared))
        forget()
        for name in settings.VARIABLES:
            patch.delenv(name, raising=False)
        for name, value in environ.items():
            patch.setenv(name, value)
        patch.setattr("front_door.declared.FILE", file)
        try:
            handler = importlib.import_module("front_door.handler")
            yield Door(handler)
            handler.service.client.close()
        finally:
            forget()


def forget() -> None:
    """What a process keeps between requests: a start begins without any of it."""
    sys.modules.pop("front_door.handler", None)
    content._counters.clear()
    predictions._promises.clear()


def environment(aws_url: str) -> dict[str, str]:
    return {"AWS_REGION": REGION, "AWS_ENDPOINT_URL": aws_url, **CREDENTIALS}


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
