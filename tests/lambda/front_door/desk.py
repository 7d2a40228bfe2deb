"""Handlers called as the front door calls them, against the stub of AWS: without API Gateway's event around them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from front_door import jobs
from front_door.caller import Caller
from front_door.declared import Declared, Endpoint, Grant
from front_door.log import RequestLine
from front_door.problems import Problem
from front_door.request import Request
from front_door.response import Response
from front_door.service import Service
from front_door.settings import Settings
from front_door.signed_client import SignedClient

from .door import CREDENTIALS, REGION
from .stub_aws import BUCKET, StubAws

REVIEW = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}
REQUESTS = {
    "application/json": {"instance": REVIEW, "max_instances": 10},
    "application/jsonlines": {"instance": REVIEW, "max_instances": 10},
}
BODY = b'{"instances": [{"text": "Fits well."}]}'
JSON = {"content-type": "application/json"}


def _endpoint(public: str, mode: str, **changes: Any) -> Endpoint:
    declared: dict[str, Any] = {"title": None, "description": None, "requests": REQUESTS, "prediction": {}} | changes
    return Endpoint(public=public, hosted=f"ashlar-local-{public}", mode=mode, variants=("linear",), **declared)


ENDPOINTS = {
    each.public: each
    for each in (
        _endpoint("queued", "asynchronous"),
        _endpoint("other", "asynchronous"),
        _endpoint("bytes", "asynchronous", requests=None, prediction=None),
        _endpoint("photos", "asynchronous", requests={"image/*": {"max_bytes": 1000}}, prediction=None),
        _endpoint("reviews", "real_time"),
    )
}


@dataclass(frozen=True)
class Desk:
    """One function's process. `ask` calls a handler."""

    service: Service

    def ask(self, handler: Callable[[Request, Service], Response], client: str = "shop", **its: Any) -> Response:
        """`its` are fields of Request, or `granted`, `body` and `remaining` (seconds)."""
        granted, body = its.pop("granted", ENDPOINTS.keys()), its.pop("body", b"")
        request = Request(
            path=its.pop("path", {"endpoint": "queued"}),
            query=its.pop("query", {}),
            headers=its.pop("headers", {}),
            caller=Caller(client, Grant(frozenset(granted), choose_variant=True)),
            request_id="gateway-id",
            deadline=time.monotonic() + its.pop("remaining", 20),
            line=RequestLine("gateway-id"),
            event_body=body.decode(),
            is_base64=False,
        )
        return handler(replace(request, **its), self.service)


def opened(aws: StubAws, *, verbose_errors: bool = False, **environ: str) -> Desk:
    """A process in an environment like Lambda's."""
    variables = {"AWS_REGION": REGION, "AWS_ENDPOINT_URL": aws.url, "JOBS_BUCKET": BUCKET, **CREDENTIALS, **environ}
    settings = Settings.from_environment(variables)
    client = SignedClient(credentials=settings.credentials, region=REGION, ca_bundle=None)
    declared = Declared(
        name="ashlar-local",
        auth="iam",
        verbose_errors=verbose_errors,
        endpoints=ENDPOINTS,
        clients={},
        callers={},
    )
    return Desk(Service(settings, declared, client))


def document(response: Response) -> Mapping[str, Any]:
    """The answer's JSON."""
    found: dict[str, Any] = json.loads(response.body)
    return found


def started(desk: Desk, key: str | None = None, body: bytes = BODY, **its: Any) -> Response:
    """The answer to a request for a job."""
    headers = JSON | ({"idempotency-key": key} if key else {})
    return desk.ask(jobs.create, body=body, **{"headers": headers, **its})


def shown(desk: Desk, id: str, **its: Any) -> Response:
    """The answer to a question for a job."""
    return desk.ask(jobs.show, path={"id": id}, **its)


def refused(desk: Desk, call: Any, *arguments: Any, **its: Any) -> tuple[int, str]:
    """Status and name of the problem that the call ends in."""
    with pytest.raises(Problem) as caught:
        call(desk, *arguments, **its)
    return caught.value.kind.status, caught.value.kind.name
