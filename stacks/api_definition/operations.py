"""One route as an operation of the document: its parameters, its body, its answers."""

from __future__ import annotations

from typing import Any

from config.declaration import Bytes, Declaration, Instances, Table
from stacks.api_definition import answers
from stacks.api_definition.components import component, reference
from stacks.api_definition.endpoint import ApiEndpoint
from stacks.api_definition.routes import Route

_ANY_BYTES: dict[str, Any] = {"*/*": {}}
_VARIANT = {
    "name": "X-Target-Variant",
    "in": "header",
    "required": False,
    "description": "The variant that shall answer, instead of one by their weights. Only for clients that may choose.",
}
_GZIP = {
    "name": "Content-Encoding",
    "in": "header",
    "required": False,
    "description": "How the body is packed.",
    "schema": {"type": "string", "enum": ["gzip", "identity"]},
}
_HEADER_TEXT = "^[!-~]([ -~]*[!-~])?$"
_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same body gives the same job, however often it is sent.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": _HEADER_TEXT},
}
_IDENTIFIER = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_UPLOAD = {
    "name": "upload",
    "in": "query",
    "required": False,
    "description": "The id of an upload, whose bytes are the request; the body is empty then.",
    "schema": _IDENTIFIER,
}


def operation(route: Route) -> dict[str, Any]:
    """A route of no single endpoint."""
    path = [{"name": "id", "in": "path", "required": True, "schema": _IDENTIFIER}] if "{id}" in route.path else []
    return {
        "operationId": _identifier(route, ""),
        "summary": route.summary,
        **({"parameters": path} if path else {}),
        "responses": answers.responses(route, prediction=None),
    }


def endpoint_operation(route: Route, public: str, endpoint: ApiEndpoint) -> dict[str, Any]:
    """A route of this endpoint. Its examples are those of the model's declaration."""
    answer, examples = _answer(route, public, endpoint)
    return {
        "operationId": _identifier(route, public),
        "summary": route.summary,
        "tags": [public],
        "parameters": _parameters(route, endpoint),
        "requestBody": _body(route, public, endpoint),
        "responses": answers.responses(route, prediction=answer, examples=examples),
    }


def _identifier(route: Route, public: str) -> str:
    """Such as `postReviewsPredictions`, `getJobs`: generated clients name their functions by it."""
    parts = [part for part in route.path.replace("{endpoint}", public).replace(".", "/").split("/") if "{" not in part]
    if public:
        parts.remove("endpoints")
    return route.method.lower() + "".join(part.title() for part in parts)


def _parameters(route: Route, endpoint: ApiEndpoint) -> list[dict[str, Any]]:
    if route.path.endswith("/predictions"):
        return [{**_VARIANT, "schema": {"type": "string", "enum": sorted(endpoint.variants)}}, _GZIP]
    return [_IDEMPOTENCY, _UPLOAD, _GZIP] if route.path.endswith("/jobs") else [_GZIP]


def _body(route: Route, public: str, endpoint: ApiEndpoint) -> dict[str, Any]:
    if route.path.endswith("/uploads"):
        about = "What will be uploaded. The upload itself is not checked before the model reads it."
        return {
            "required": True,
            "description": about,
            "content": {"application/json": {"schema": reference("NewUpload")}},
        }
    its = endpoint.declaration
    content = {media: _media(public, its, media) for media in its.requests} if its else _ANY_BYTES
    return {"required": route.path.endswith("/predictions"), "content": content}


def _media(public: str, declaration: Declaration, media: str) -> dict[str, Any]:
    request = declaration.requests[media]
    if isinstance(request, Bytes):
        return {}  # no schema: in OpenAPI 3.1 so are bytes described
    if isinstance(request, Table):
        head = "The first row names them" if request.header else "There is no row of names"
        about = f"One instance in each row; columns: {', '.join(request.columns)}. {head}."
        return {"schema": {"type": "string", "description": f"{about} At most {request.max_instances} rows."}}
    return _instances(public, declaration, media, request)


def _instances(public: str, declaration: Declaration, media: str, request: Instances) -> dict[str, Any]:
    if media == "application/json":
        examples = {
            f"example{n}": {"summary": its.summary, "value": its.request}
            for n, its in enumerate(declaration.examples, start=1)
        }
        schema = {"schema": reference(component(public, "Request"))}
        return {**schema, **({"examples": examples} if examples else {})}
    about = f"One instance on each line, as in {component(public, 'Instance')}; at most {request.max_instances} lines."
    return {"schema": {"type": "string", "description": about}}


def _answer(route: Route, public: str, endpoint: ApiEndpoint) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Schema and examples of what a prediction answers, where its model declares it."""
    its = endpoint.declaration
    if its is None or its.prediction is None or not route.path.endswith("/predictions"):
        return None, {}
    examples = {
        f"example{n}": {"summary": each.summary, "value": each.response} for n, each in enumerate(its.examples, 1)
    }
    return reference(component(public, "Answer")), examples
