"""Each mode of front_door.auth has its own proof of who calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from config.schema import FrontDoor
from ops.api_caller import caller
from ops.session import OpsError
from tests.ops.conftest import Deployed, services

OUTPUTS = {
    "CallerRole": "arn:aws:iam::111122223333:role/caller",
    # pragma: allowlist nextline secret - a made-up or public value that opens nothing
    "ApiKeyIdWebShop": "key-1",
    "UserPoolId": "pool-1",
    "ClientIdWebShop": "id-1",
    # pragma: allowlist nextline secret - a made-up or public value that opens nothing
    "TokenUrl": "https://tokens.test/oauth2/token",
}
WELL: dict[tuple[str, str], Any] = {
    ("cognito-idp", "describe_user_pool_client"): lambda **asked: {
        "UserPoolClient": {"ClientSecret": f"secret of {asked['ClientId']} in {asked['UserPoolId']}"}
    },
    ("apigateway", "get_api_key"): lambda **asked: {"value": f"value of {asked['apiKey']}"},
}


class Tokens:
    """Gives them, the first for two minutes."""

    def __init__(self, status: int = 200) -> None:
        self.status, self.asked = status, list[tuple[str, dict[str, str]]]()

    def request(self, method: str, url: str, *, headers: dict[str, str], **more: Any) -> Any:
        self.asked.append((url, headers))
        # pragma: allowlist nextline secret - a made-up or public value that opens nothing
        body = b'{"access_token": "token-%d", "expires_in": 120}' % len(self.asked)
        return urllib3.HTTPResponse(body, status=self.status)


def prover(deployed: Deployed, http: Any, **settings: Any) -> Callable[[], dict[str, str]]:
    """Gives the headers of one more request in these settings, names in lower case."""
    settings = {"clients": {"web-shop": {}, "other": {}}, **settings}
    deployed.platform = deployed.platform.model_copy(update={"front_door": FrontDoor.model_validate(settings)})
    deployed.stacks["front-door"] = {
        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in OUTPUTS.items()]
    }
    deployed.clients = services(WELL, {})
    authorise = caller(deployed, http)

    def headers() -> dict[str, str]:
        request = AWSRequest("GET", "https://api.test/v1/health")
        authorise(request)
        return {name.lower(): value for name, value in request.headers.items()}

    return headers


@pytest.fixture(autouse=True)
def _without_a_role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Deployed, "refreshed_credentials", lambda self, role, name: Credentials(role, "secret"))
    monkeypatch.setattr(Deployed, "token_url", OUTPUTS["TokenUrl"])


def should_sign_as_the_caller_role(deployed: Deployed) -> None:
    found = prover(deployed, None)()
    assert found["authorization"].startswith(f"AWS4-HMAC-SHA256 Credential={OUTPUTS['CallerRole']}/")
    assert "/execute-api/" in found["authorization"] and "x-api-key" not in found


def should_send_the_key_as_well_where_clients_have_keys(deployed: Deployed) -> None:
    found = prover(deployed, None, client_keys=True)()
    # pragma: allowlist nextline secret - a made-up or public value that opens nothing
    assert "authorization" in found and found["x-api-key"] == "value of key-1"


def should_send_nothing_but_the_key(deployed: Deployed) -> None:
    assert prover(deployed, None, auth="api_key")() == {"x-api-key": "value of key-1"}


def should_take_a_token_again_before_it_ends(deployed: Deployed, slept: list[float]) -> None:
    slept.append(1000)
    http = Tokens()
    headers = prover(deployed, http, auth="cognito")
    assert {headers()["authorization"] for _ in range(3)} == {"Bearer token-1"}
    ((url, who),) = http.asked
    assert urlsplit(url).netloc == "tokens.test"
    assert who == urllib3.make_headers(basic_auth="id-1:secret of id-1 in pool-1")
    slept.append(100)
    assert headers()["authorization"] == "Bearer token-2"


def should_say_why_there_is_no_token(deployed: Deployed, slept: list[float]) -> None:
    slept.append(1000)
    with pytest.raises(OpsError, match="gave no token: 400"):
        prover(deployed, Tokens(400), auth="cognito")()
