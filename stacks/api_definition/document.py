"""The API's OpenAPI 3.1 document: one path for each endpoint, with what its model declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from stacks.api_definition.components import schemas
from stacks.api_definition.endpoint import ApiEndpoint
from stacks.api_definition.operations import endpoint_operation, operation
from stacks.api_definition.routes import ROUTES
from stacks.api_definition.security import requirements, schemes

VERSION = "1.0.0"
_ABOUT = """Predictions of the models that this platform hosts.

Every error is a problem of RFC 9457 (`application/problem+json`): its `type` says what went wrong, its `pointer` where
in the body, its `detail` what to do, and its `request_id` what to tell the API's owner.

A body has at most 4,500,000 bytes as it is sent; with `Content-Encoding: gzip` it may unpack to 6 MiB, to 4 MiB for a
serverless endpoint. What is larger goes to an endpoint that answers by jobs. An answer takes at most 29 seconds."""


def document(
    *,
    name: str,
    endpoints: Mapping[str, ApiEndpoint],
    auth: Literal["iam", "cognito", "api_key"],
    client_keys: bool,
    server: str,
) -> dict[str, Any]:
    """`name`: the platform's in this environment. `server`: the stage's path, `/v1`, or a custom domain's URL."""
    paths = dict(_paths(endpoints))
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {"title": f"Predictions of {name}", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": server}],
        "security": [requirements(auth, client_keys=client_keys)],
        "tags": [_tag(public, its) for public, its in sorted(endpoints.items())],
        "paths": paths,
        "components": {
            "securitySchemes": schemes(auth, client_keys=client_keys),
            "schemas": schemas(endpoints, used_in=paths),
        },
    }


def _tag(public: str, endpoint: ApiEndpoint) -> dict[str, Any]:
    its = endpoint.declaration
    about = f"{its.title}\n\n{its.description}".strip() if its else "Takes any body: its model declares nothing."
    return {"name": public, "description": about}


def _paths(endpoints: Mapping[str, ApiEndpoint]) -> Iterator[tuple[str, Any]]:
    for route in ROUTES:
        if route.asynchronous is None:
            yield route.path, {route.method.lower(): operation(route)}
            continue
        for public, endpoint in sorted(endpoints.items()):
            if (endpoint.mode == "asynchronous") == route.asynchronous:
                path = route.path.replace("{endpoint}", public)
                yield path, {route.method.lower(): endpoint_operation(route, public, endpoint)}
