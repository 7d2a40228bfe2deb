"""The client asks again where that may help, and only there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.credentials import Credentials
from urllib3.exceptions import ProtocolError, SSLError

from ops.api import ATTEMPTS, LONGEST_WAIT_SECONDS, Api
from ops.session import OpsError

ANSWER = {"predictions": [{"label": 1}], "variant": "linear", "model_package": "group/1"}
Outcome = int | Exception | tuple[int, str]


class Http:
    """Answers with each outcome in turn, the last one for ever: a status, (status, Retry-After) or an error."""

    def __init__(self, *outcomes: Outcome) -> None:
        self._outcomes = list(outcomes)
        self.requests: list[dict[str, str]] = []

    def request(self, method: str, url: str, *, body: bytes, headers: dict[str, str], timeout: float) -> Any:
        self.requests.append(headers)
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        status, wait = outcome if isinstance(outcome, tuple) else (outcome, "")
        text = json.dumps(ANSWER if status == 200 else {"title": "no"}).encode()
        said = {"X-Request-Id": "id-1"} | ({"Retry-After": wait} if wait else {})
        return urllib3.HTTPResponse(text, status=status, headers=said)


@pytest.fixture
def api(slept: list[float]) -> Callable[..., tuple[Api, Http]]:
    def make(*outcomes: Outcome) -> tuple[Api, Http]:
        api = object.__new__(Api)
        http = Http(*outcomes)
        vars(api).update(
            _authorise=SigV4Auth(Credentials("key", "secret"), "execute-api", "eu-west-1").add_auth,
            _url="https://api.test/v1",
            _http=http,
        )
        return api, http

    return make


@pytest.mark.parametrize("passing", [429, 503, 504, ProtocolError("connection broken")])
def should_ask_again_after_what_passes(
    api: Callable[..., tuple[Api, Http]], slept: list[float], passing: Outcome
) -> None:
    client, http = api(passing, passing, 200)
    assert client.predict("reviews", [{"text": "nice"}]) == {**ANSWER, "request_id": "id-1"}
    assert len(http.requests) == 3
    assert all("AWS4-HMAC-SHA256" in str(headers["Authorization"]) for headers in http.requests)
    assert 0.5 <= slept[0] <= 0.75
    assert 1 <= slept[1] <= 1.5


@pytest.mark.parametrize("final", [400, 403, 404, 409, 500, 502])
def should_not_ask_again_after_what_stays(api: Callable[..., tuple[Api, Http]], final: int) -> None:
    client, http = api(final)
    with pytest.raises(OpsError, match=f"/endpoints/reviews/predictions answered {final}"):
        client.predict("reviews", [])
    assert len(http.requests) == 1


def should_wait_as_long_as_the_answer_asks_within_reason(
    api: Callable[..., tuple[Api, Http]], slept: list[float]
) -> None:
    client, _ = api((503, "5"), (503, "3600"), (503, "Wed, 21 Oct 2026 07:28:00 GMT"), 200)
    client.predict("reviews", [])
    assert 5 <= slept[0] <= 5.5
    assert slept[1] == LONGEST_WAIT_SECONDS
    assert 2 <= slept[2] <= 3


@pytest.mark.parametrize(
    ("outcome", "expected"), [(503, "answered 503"), (ProtocolError("broken"), "cannot be reached: broken")]
)
def should_give_up_in_the_end(
    api: Callable[..., tuple[Api, Http]], slept: list[float], outcome: Outcome, expected: str
) -> None:
    client, http = api(outcome)
    with pytest.raises(OpsError, match=expected):
        client.predict("reviews", [])
    assert len(http.requests) == ATTEMPTS
    assert sum(slept) <= 60


def should_not_ask_again_where_the_certificate_is_not_trusted(api: Callable[..., tuple[Api, Http]]) -> None:
    client, http = api(SSLError("self-signed"))
    with pytest.raises(OpsError, match="self-signed"):
        client.predict("reviews", [])
    assert len(http.requests) == 1
