"""The schemas of the document: those of each model's declaration, of jobs, of lists, and of problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from config.declaration import Instances
from stacks.api_definition.endpoint import ApiEndpoint
from stacks.api_definition.problems import PROBLEMS, TYPE

PROBLEM_MEDIA_TYPE = "application/problem+json"
Schema = dict[str, Any]
_TEXT: Schema = {"type": "string"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_LINK: Schema = {"type": "string", "format": "uri"}


def closed(properties: Mapping[str, Schema], *optional: str, description: str = "") -> Schema:
    """An object of these properties and no other, required unless `optional`."""
    return {
        "type": "object",
        **({"description": description} if description else {}),
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def component(public: str, part: str) -> str:
    """The name of a schema of one endpoint's, such as `ReviewsRequest`."""
    return f"{public.title()}{part}"


def reference(name: str) -> Schema:
    """To a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def schemas(endpoints: Mapping[str, ApiEndpoint], *, used_in: Any) -> dict[str, Schema]:
    """By name, those that `used_in` refers to, and those that these refer to."""
    every = {**_SHARED, **{name: schema for public, its in endpoints.items() for name, schema in _of(public, its)}}
    found: dict[str, Schema] = {}
    waiting = set(_references(used_in))
    while waiting:
        name = waiting.pop()
        found[name] = every[name]
        waiting |= set(_references(every[name])) - found.keys()
    return found


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].rpartition("/")[2]
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


# Every answer has it.
REQUEST_ID = {"X-Request-Id": {"description": "What the API's owner finds the request by.", "schema": _TEXT}}


def problem_answer(names: Sequence[str]) -> dict[str, Any]:
    """A response that is one of these problems, all of one status."""
    kinds = [PROBLEMS[name] for name in names]
    titles = "; ".join(f"`{name}`: {kind.title}" for name, kind in zip(names, kinds, strict=True))
    schema = {**reference("Problem"), "properties": {"type": {"enum": [f"{TYPE}{name}" for name in names]}}}
    retry = {
        "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}},
    }
    return {
        "description": f"{titles}.",
        "headers": {**REQUEST_ID, **(retry if any(kind.retry_after for kind in kinds) else {})},
        "content": {PROBLEM_MEDIA_TYPE: {"schema": schema}},
    }


def _of(public: str, endpoint: ApiEndpoint) -> Iterator[tuple[str, Schema]]:
    its = endpoint.declaration
    if its is None:
        return
    instances = {media: request for media, request in its.requests.items() if isinstance(request, Instances)}
    for request in list(instances.values())[:1]:
        yield component(public, "Instance"), request.instance
    if "application/json" in instances:
        request = instances["application/json"]
        listed = {
            "type": "array",
            "minItems": 1,
            "maxItems": request.max_instances,
            "items": reference(component(public, "Instance")),
        }
        yield component(public, "Request"), closed({"instances": listed})
    if its.prediction:
        yield component(public, "Prediction"), its.prediction
        yield component(public, "Answer"), _answer(public)


def _answer(public: str) -> Schema:
    predictions: Schema = {"type": "array", "items": reference(component(public, "Prediction"))}
    return closed(
        {
            "predictions": {**predictions, "description": "One for each instance, in their order."},
            "variant": {**_TEXT, "description": "The variant that answered."},
            "model_package": {**_TEXT, "description": "Name and version of the model package that answered."},
        }
    )


_SHARED: dict[str, Schema] = {
    "Problem": {
        "type": "object",
        "description": "RFC 9457 problem details.",
        "properties": {
            "type": {"type": "string", "enum": [f"{TYPE}{name}" for name in PROBLEMS], "description": "What it is."},
            "title": {**_TEXT, "description": "The same in words."},
            "status": {"type": "integer", "minimum": 400, "maximum": 599, "description": "The HTTP status."},
            "detail": {**_TEXT, "description": "What was wrong, and what to do."},
            "pointer": {**_TEXT, "description": "JSON pointer (RFC 6901) of what was wrong in the body."},
            "request_id": {**_TEXT, "description": "What the API's owner finds the request by."},
        },
        "required": ["type", "title", "status", "detail", "request_id"],
    },
    "NewUpload": closed(
        {
            "content_type": {
                **_TEXT,
                "maxLength": 1024,
                "pattern": "^[!-~]([ -~]*[!-~])?$",
                "description": "A media type of the endpoint, with parameters if it has any.",
            },
            "bytes": {
                "type": "integer",
                "minimum": 1,
                "maximum": 1024**3,
                "description": "How many will be sent: no more than the media type may have.",
            },
        }
    ),
    "Upload": closed(
        {
            "id": {**_TEXT, "description": "For `POST .../jobs?upload=<id>`."},
            "method": {"type": "string", "enum": ["PUT"]},
            "url": {**_LINK, "description": "Where to send the bytes; no other credentials are needed."},
            "headers": {"type": "object", "description": "To send with them.", "additionalProperties": _TEXT},
            "expires_at": _TIME,
        }
    ),
    "Job": closed(
        {
            "id": _TEXT,
            "endpoint": _TEXT,
            "status": {"type": "string", "enum": ["pending", "succeeded", "failed"]},
            "created_at": _TIME,
            "finished_at": _TIME,
            "result": closed(
                {
                    "url": {**_LINK, "description": "The answer; no other credentials are needed."},
                    "expires_at": _TIME,
                    "content_type": _TEXT,
                    "bytes": {"type": "integer", "minimum": 0},
                },
                description="Of a job that succeeded.",
            ),
            "failure": {"$ref": "#/components/schemas/Problem", "description": "Of a job that failed."},
        },
        "finished_at",
        "result",
        "failure",
    ),
    "Endpoints": closed({"endpoints": {"type": "array", "items": {"$ref": "#/components/schemas/Endpoint"}}}),
    "Endpoint": {
        "type": "object",
        "description": "One endpoint, its state, and what its model declares.",
        "properties": {
            "name": _TEXT,
            "title": {"type": ["string", "null"]},
            "description": {"type": ["string", "null"]},
            "mode": {"type": "string", "enum": ["real_time", "asynchronous", "serverless"]},
            "status": {
                "type": "string",
                "enum": ["in-service", "creating", "updating", "failed", "no-model-yet", "unknown"],
            },
            "variants": {
                "type": "array",
                "items": {"type": "object", "properties": {"name": _TEXT}, "required": ["name"]},
            },
            "requests": {"type": ["object", "null"], "description": "Media type to what a body must be."},
            "prediction": {"type": ["object", "null"], "description": "JSON Schema of one prediction."},
        },
        "required": ["name", "mode", "status", "variants"],
    },
    "Health": closed({"status": {"type": "string", "enum": ["ok"]}}),
}
