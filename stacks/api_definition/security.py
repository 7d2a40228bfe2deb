"""How callers say who they are, in the words of OpenAPI."""

from __future__ import annotations

from typing import Any, Literal

Auth = Literal["iam", "cognito", "api_key"]

_KEY = {
    "type": "apiKey",
    "in": "header",
    "name": "x-api-key",
    "description": "The client's key.",
}
_SCHEMES: dict[Auth, dict[str, Any]] = {
    # A signature is no scheme that OpenAPI knows: API Gateway's own extension says which it is.
    "iam": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "x-amazon-apigateway-authtype": "awsSigv4",
        "description": "AWS Signature Version 4, service `execute-api`, with the credentials of a client's role.",
    },
    "cognito": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of the user pool, with the scope `<endpoint>.predict` of each endpoint.",
    },
    "api_key": _KEY,
}


def requirements(auth: Auth, *, client_keys: bool) -> dict[str, list[str]]:
    """What every request must bring, all of it together."""
    return {name: [] for name in schemes(auth, client_keys=client_keys)}


def schemes(auth: Auth, *, client_keys: bool) -> dict[str, dict[str, Any]]:
    """The schemes by name."""
    return {auth: _SCHEMES[auth], **({"api_key": _KEY} if client_keys else {})}
