"""How the API is shown who calls: each mode of `front_door.auth` in its way, as the first client of the file."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from ops.session import Environment, OpsError

# A token is taken again so long before it ends, seconds.
EARLY_SECONDS = 30.0
TIMEOUT_SECONDS = 30.0
# Adds to a request's headers what says who calls.
Authorise = Callable[[AWSRequest], None]


class _Token:
    """A token of the user pool; another one before it ends."""

    def __init__(self, http: urllib3.PoolManager, url: str, client_id: str, secret: str) -> None:
        self._http, self._url = http, url
        self._login = urllib3.make_headers(basic_auth=f"{client_id}:{secret}")
        self._token, self._until = "", 0.0

    def __call__(self, request: AWSRequest) -> None:
        if time.monotonic() >= self._until:
            self._take()
        request.headers["Authorization"] = f"Bearer {self._token}"

    def _take(self) -> None:
        asked = time.monotonic()
        response = self._http.request(
            "POST",
            self._url,
            headers=self._login,
            fields={"grant_type": "client_credentials"},
            encode_multipart=False,
            timeout=TIMEOUT_SECONDS,
        )
        if response.status != 200:
            raise OpsError(f"{self._url} gave no token: {response.status}. Does the app client still exist?")
        answer = json.loads(response.data)
        self._token, self._until = answer["access_token"], asked + answer["expires_in"] - EARLY_SECONDS


def caller(environment: Environment, http: urllib3.PoolManager) -> Authorise:
    """The operator's own credentials read the client's secret and its key."""
    door, outputs = environment.platform.front_door, environment.outputs("front-door")
    client = next(iter(door.clients)).title().replace("-", "")
    shown: list[Authorise] = []
    if door.auth == "iam":
        credentials = environment.refreshed_credentials(outputs["CallerRole"], "api")
        shown.append(_signature(credentials, environment.platform.region))
    if door.auth == "cognito":
        pool, id = outputs["UserPoolId"], outputs[f"ClientId{client}"]
        described = environment.client("cognito-idp").describe_user_pool_client(UserPoolId=pool, ClientId=id)
        secret = described["UserPoolClient"]["ClientSecret"]
        shown.append(_Token(http, environment.token_url, id, secret))
    if door.has_keys:
        key = environment.client("apigateway").get_api_key(apiKey=outputs[f"ApiKeyId{client}"], includeValue=True)
        shown.append(_header("X-Api-Key", key["value"]))

    def authorise(request: AWSRequest) -> None:
        for each in shown:
            each(request)

    return authorise


def _signature(credentials: Credentials, region: str) -> Authorise:
    def sign(request: AWSRequest) -> None:
        SigV4Auth(credentials.get_frozen_credentials(), "execute-api", region).add_auth(request)

    return sign


def _header(name: str, value: str) -> Authorise:
    def add(request: AWSRequest) -> None:
        request.headers[name] = value

    return add
