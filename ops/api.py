"""A client of the platform's API, as the first client of the configuration."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import urllib3
from botocore.awsrequest import AWSRequest
from urllib3.exceptions import HTTPError, SSLError

from ops.api_caller import caller
from ops.session import Environment, OpsError

TIMEOUT_SECONDS = 30.0
CONNECTIONS = 8
# Predicting twice is safe, so what may pass is asked again. 502 is not: the model failed and would fail again.
PASSING = (429, 503, 504)
ATTEMPTS = 6
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 20.0


class Api:
    """Sends, and asks again where that may help. Safe to use from several threads."""

    def __init__(self, environment: Environment) -> None:
        self._url = environment.api_url
        # As for every AWS client, the profile or AWS_CA_BUNDLE may name a certificate authority of its own.
        authority = environment.session._session.get_config_variable("ca_bundle")
        self._http = urllib3.PoolManager(maxsize=CONNECTIONS, ca_certs=authority, retries=False)
        self._authorise = caller(environment, self._http)

    def predict(self, endpoint: str, instances: list[dict[str, Any]]) -> dict[str, Any]:
        """`POST /endpoints/{endpoint}/predictions`: {predictions, variant, model_package, request_id}; OpsError else.

        The request id is what captured data calls the answer by.
        """
        path = f"/endpoints/{endpoint}/predictions"
        url = self._url + path
        try:
            response = self._patiently(path, json.dumps({"instances": instances}).encode())
        except HTTPError as error:
            raise OpsError(f"{url} cannot be reached: {error}") from None
        text = response.data.decode("utf-8", "replace")
        if response.status != 200:
            raise OpsError(f"{url} answered {response.status}: {text}")
        answer: dict[str, Any] = json.loads(text)
        return {**answer, "request_id": response.headers.get("X-Request-Id")}

    def request(self, method: str, path: str, body: bytes | None = None) -> urllib3.BaseHTTPResponse:
        """One attempt at a route, `path` below the stage's; `body` is JSON. Raises urllib3's HTTPError."""
        url, headers = self._url + path, {} if body is None else {"Content-Type": "application/json"}
        request = AWSRequest(method, url, data=body, headers=headers)
        # Anew each time: a signature has a time, and the credentials may have been taken again since.
        self._authorise(request)
        return self._http.request(method, url, body=body, headers=dict(request.headers), timeout=TIMEOUT_SECONDS)

    def _patiently(self, path: str, body: bytes) -> urllib3.BaseHTTPResponse:
        """The first answer that is final, or what the last attempt brings."""
        for attempt in range(ATTEMPTS - 1):
            asked = None
            try:
                response = self.request("POST", path, body)
                if response.status not in PASSING:
                    return response
                asked = response.headers.get("Retry-After")
            except SSLError:
                raise  # a certificate that is not trusted now will not be trusted in a second
            except HTTPError:
                pass
            time.sleep(_wait(attempt, asked))
        return self.request("POST", path, body)


def _wait(attempt: int, retry_after: str | None) -> float:
    """Seconds until the next attempt: what the answer asks for, or longer each time; bounded, and never all at once."""
    backoff: float = FIRST_WAIT_SECONDS * 2**attempt
    asked = float(retry_after) if retry_after and retry_after.isdecimal() else 0.0
    jitter = random.uniform(0, backoff / 2)  # noqa: S311  # nosec B311 # jitter and repeatable samples, nothing secret
    return min(max(backoff, asked) + jitter, LONGEST_WAIT_SECONDS)
