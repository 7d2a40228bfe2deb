"""Requests to the API, by whoever holds which credentials."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from unittest import mock

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.local import gateway
from tests.local.cloud import REGION

Json = dict[str, Any]
JSON = "application/json"
PROBLEM = "application/problem+json"
TYPE = "urn:problem-type:ashlar:"
REVIEW = {"instances": [{"text": "Lovely dress"}]}


class Caller(Protocol):
    """Who calls."""

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        """What proves it, for this request."""


@dataclass(frozen=True)
class Nobody:
    """Without credentials."""

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        return {}


@dataclass(frozen=True)
class Holder:
    """Of a token or a key."""

    header: str
    value: str

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        return {self.header: self.value}


@dataclass(frozen=True)
class Signer:
    """A role, that signed its request so many minutes ago."""

    credentials: Mapping[str, str]
    minutes_ago: int = 0

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        given = self.credentials
        signer = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        request = AWSRequest(method, url, data=body)
        then = datetime.now(UTC) - timedelta(minutes=self.minutes_ago)
        with mock.patch("botocore.auth.get_current_datetime", lambda: then):
            SigV4Auth(signer, "execute-api", REGION).add_auth(request)
        return dict(request.headers.items())


class Answer(gateway.Answer):
    """What came back."""

    @property
    def problem(self) -> str:
        """The name of the problem that it is, after a check that it is one."""
        document = self.json
        assert self.headers["content-type"] == PROBLEM, self
        assert document["status"] == self.status, self
        assert document["type"].startswith(TYPE), self
        assert document["detail"] and document["title"], self
        assert document["request_id"] == self.headers["x-request-id"], self
        assert "arn:" not in json.dumps(document), self
        return str(document["type"]).removeprefix(TYPE)


@dataclass
class Door:
    """The deployed API."""

    url: str
    certificate_authority: str
    http: urllib3.PoolManager = field(init=False)

    def __post_init__(self) -> None:
        self.http = urllib3.PoolManager(ca_certs=self.certificate_authority, retries=False, maxsize=32)

    def send(self, caller: Caller, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """One request. Underscores in names of headers are hyphens."""
        url = self.url + path
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        proof = caller.headers(method, url, body)
        answer = self.http.request(method, url, body=body or None, headers={**named, **proof})
        return Answer(answer.status, answer.headers, answer.data)

    def predict(self, caller: Caller, endpoint: str = "reviews", text: str = "Lovely dress", **headers: str) -> Answer:
        """One prediction of a review."""
        body = json.dumps({"instances": [{"text": text}]}).encode()
        return self.send(
            caller, "POST", f"/endpoints/{endpoint}/predictions", body, **{"Content_Type": JSON, **headers}
        )
