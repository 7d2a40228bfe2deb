"""Tokens of Cognito before an API: their keys without a request of our own, and which kind of token a method takes.

Source: API Gateway developer guide, "Control access to REST APIs using Amazon Cognito user pools as an authorizer": a
method without scopes takes the token for an identity token, one with scopes for an access token.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from local.hooks import internals

_gateway = internals.module("services.apigateway_v1")
_cognito = internals.module("services.cognito")

_JWKS = "/.well-known/jwks.json"


async def _keys(url: str) -> dict[str, Any]:
    """The keys of a pool. MiniStack asks itself for them without TLS, which nobody answers here."""
    pool_id = url.removesuffix(_JWKS).rsplit("/", 1)[-1]
    if _cognito._get_pool_unscoped(pool_id) is None:
        return {"keys": []}
    found: dict[str, Any] = json.loads(_cognito.well_known_jwks(pool_id)[2])
    return found


def _of_the_right_kind(original: Callable[..., Any]) -> Callable[..., Any]:
    async def validate(authorizer: Any, method: dict[str, Any], *args: Any) -> Any:
        claims, error = await original(authorizer, method, *args)
        wanted = "access" if method.get("authorizationScopes") else "id"
        if error is None and claims.get("token_use") != wanted:
            return None, _gateway._gw_error("UNAUTHORIZED", "Unauthorized")
        return claims, error

    return validate


def _install() -> None:
    _gateway._fetch_jwks = _keys
    _gateway._validate_cognito_authorizer = _of_the_right_kind(_gateway._validate_cognito_authorizer)


_install()
