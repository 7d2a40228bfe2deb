"""The credentials of each client in each mode: right ones, and those that should not open anything."""

from __future__ import annotations

from collections.abc import Mapping

import urllib3

from tests.end_to_end.front_door.door import Caller, Holder, Json, Nobody, Signer
from tests.end_to_end.front_door.place import Place
from tests.local import stacks

OWNER = {"reviews": "shop", "returns": "depot"}
OTHER = {"reviews": "depot", "returns": "shop"}


def right(place: Place, auth: str, client: str) -> Caller:
    """What this client holds."""
    outputs = place.outputs()
    if auth == "iam":
        return Signer(stacks.credentials_of(place.cloud, outputs[f"CallerRole{client.title()}"]))
    if auth == "cognito":
        return _bearer(_token(place, outputs, client))
    known = {"apiKey": outputs[f"ApiKeyId{client.title()}"], "includeValue": True}
    return Holder("X-Api-Key", str(place.cloud.client("apigateway").get_api_key(**known)["value"]))


def of(place: Place, auth: str, endpoint: str) -> Mapping[str, Caller]:
    """Kind of credentials -> who holds such for the endpoint."""
    owner = right(place, auth, OWNER[endpoint])
    return {
        "none": Nobody(),
        "wrong": _wrong(owner),
        "expired": _expired(place, auth, OWNER[endpoint], owner),
        "ungranted": right(place, auth, OTHER[endpoint]),
        "right": owner,
    }


def _wrong(owner: Caller) -> Caller:
    """Its last characters are another's."""
    if isinstance(owner, Signer):
        secret = owner.credentials["SecretAccessKey"]
        return Signer({**owner.credentials, "SecretAccessKey": secret[::-1]})
    assert isinstance(owner, Holder)
    return Holder(owner.header, owner.value[:-8] + owner.value[-8:][::-1])


def _expired(place: Place, auth: str, client: str, owner: Caller) -> Caller:
    """A signature of twenty minutes ago, a token whose second is over, a key that was disabled."""
    if isinstance(owner, Signer):
        return Signer(owner.credentials, minutes_ago=20)
    return _expired_token(place, client) if auth == "cognito" else _disabled_key(place)


def _disabled_key(place: Place) -> Caller:
    """Keys do not expire, they are disabled: one more of a client's plan."""
    gateway, api_id = place.cloud.client("apigateway"), place.outputs()["ApiId"]
    plan = next(
        plan for plan in gateway.get_usage_plans()["items"] if any(its["apiId"] == api_id for its in plan["apiStages"])
    )
    key = gateway.create_api_key(name="old", enabled=False)
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    return Holder("X-Api-Key", str(key["value"]))


def _expired_token(place: Place, client: str) -> Caller:
    """Of the client as it is when its tokens are good for a second."""
    outputs, users = place.outputs(), place.cloud.client("cognito-idp")
    names = {"UserPoolId": outputs["UserPoolId"], "ClientId": outputs[f"ClientId{client.title()}"]}
    kept = users.describe_user_pool_client(**names)["UserPoolClient"]
    settings = {name: kept[name] for name in kept if name.startswith("AllowedOAuth")}
    # pragma: allowlist nextline secret - a made-up or public value that opens nothing
    brief: Json = {"AccessTokenValidity": 1, "TokenValidityUnits": {"AccessToken": "seconds"}}
    usual = {name: kept[name] for name in brief if name in kept}
    users.update_user_pool_client(**names, **settings, **brief)
    try:
        token = _token(place, outputs, client)
    finally:
        users.update_user_pool_client(**names, **settings, **usual)
    return _bearer(token)


def _token(place: Place, outputs: Json, client: str) -> str:
    """An access token with all scopes that the client has."""
    id = outputs[f"ClientId{client.title()}"]
    described = place.cloud.client("cognito-idp").describe_user_pool_client(
        UserPoolId=outputs["UserPoolId"], ClientId=id
    )
    auth = urllib3.make_headers(basic_auth=f"{id}:{described['UserPoolClient']['ClientSecret']}")
    http = urllib3.PoolManager(ca_certs=place.cloud.certificate_authority)
    fields = {"grant_type": "client_credentials"}
    answer = http.request_encode_body(
        "POST", f"{place.cloud.url}/oauth2/token", fields=fields, headers=auth, encode_multipart=False
    )
    assert answer.status == 200, answer.data
    return str(answer.json()["access_token"])


def _bearer(token: str) -> Holder:
    return Holder("Authorization", f"Bearer {token}")
