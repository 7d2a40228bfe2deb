"""What the front door's function is told: endpoints with what their models declare, and who may call them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from stacks.api_definition.endpoint import ApiEndpoint


def declared(
    *,
    name: str,
    auth: Literal["iam", "cognito", "api_key"],
    verbose_errors: bool,
    endpoints: Mapping[str, ApiEndpoint],
    clients: Mapping[str, Mapping[str, Any]],
    callers: Mapping[str, str],
) -> dict[str, Any]:
    """The document `declared.json`.

    `name`: the platform's in this environment.
    `endpoints`: public name -> endpoint. `clients`: name -> `{"endpoints": [public names], "choose_variant": bool}`.
    `callers`: name of an IAM role -> client. `verbose_errors`: whether a problem may repeat a model's own message.
    """
    return {
        "name": name,
        "auth": auth,
        "verbose_errors": verbose_errors,
        "endpoints": {name: _endpoint(its) for name, its in endpoints.items()},
        "clients": {name: dict(its) for name, its in clients.items()},
        "callers": dict(callers),
    }


def _endpoint(endpoint: ApiEndpoint) -> dict[str, Any]:
    its = endpoint.declaration
    return {
        "name": endpoint.hosted,
        "mode": endpoint.mode,
        "variants": sorted(endpoint.variants),
        "title": its.title if its else None,
        "description": its.description if its else None,
        "requests": {media: request.model_dump() for media, request in its.requests.items()} if its else None,
        "prediction": its.prediction if its else None,
    }
