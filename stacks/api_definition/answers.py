"""What each route answers: its success, and every problem that it may end in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stacks.api_definition.components import REQUEST_ID, problem_answer, reference
from stacks.api_definition.problems import PROBLEMS
from stacks.api_definition.routes import Route

_TEXT = {"type": "string"}
_AGAIN = {
    "Retry-After": {"description": "Seconds to wait while it is pending.", "schema": {"type": "integer", "minimum": 0}}
}
# The gateway's own, of any route.
ALWAYS = (
    *("invalid-request", "unauthenticated", "forbidden", "blocked", "unknown-route", "body-too-large"),
    *("unsupported-content-type", "throttled", "quota-exceeded", "internal", "unavailable", "deadline-passed"),
)
_BODY = ("invalid-body", "unsupported-content-encoding")
_ENDPOINT = ("not-granted", "unknown-endpoint")
# The last part of a route's path -> its further problems.
OWN: Mapping[str, tuple[str, ...]] = {
    "predictions": (
        *(*_ENDPOINT, *_BODY, "variant-not-allowed", "unknown-variant", "no-model-yet", "asynchronous-endpoint"),
        *("model-failed", "answer-too-large"),
    ),
    "uploads": (*_ENDPOINT, *_BODY, "not-asynchronous"),
    "jobs": (
        *(*_ENDPOINT, *_BODY, "no-model-yet", "not-asynchronous", "unknown-upload", "job-in-progress"),
        "idempotency-mismatch",
    ),
    "{id}": ("unknown-job",),
}
# The last part of a route's path -> status, what it means, the component of its JSON, its further headers.
SUCCESS: Mapping[str, tuple[str, str, str | None, dict[str, Any]]] = {
    "predictions": (
        "200",
        "What the model says.",
        None,
        {"X-Served-Variant": {"description": "The variant that answered.", "schema": _TEXT}},
    ),
    "uploads": ("201", "Where to put the bytes.", "Upload", {}),
    "jobs": (
        "202",
        "The job has been started.",
        "Job",
        {
            "Location": {
                "description": "Where to ask for it, relative to this request.",
                "schema": {"type": "string", "format": "uri-reference"},
            },
            **_AGAIN,
        },
    ),
    "{id}": ("200", "How far the job is.", "Job", _AGAIN),
    "endpoints": ("200", "Those that you may call.", "Endpoints", {}),
    "health": ("200", "The API answers.", "Health", {}),
}


def problem_names(route: Route) -> list[str]:
    """The names of all problems that this route may answer with."""
    return [*ALWAYS, *OWN.get(_last(route), ())]


def responses(
    route: Route, *, prediction: dict[str, Any] | None, examples: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """By status. `prediction`: the schema of an endpoint's answer; None: bytes of any kind."""
    return {**dict([_success(route, prediction, examples or {})]), **dict(_problems(route))}


def _last(route: Route) -> str:
    return route.path.rsplit("/", 1)[1]


def _success(
    route: Route, prediction: dict[str, Any] | None, examples: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    if _last(route) == "openapi.json":
        return "200", _answer("This document.", {"application/json": {"schema": {"type": "object"}}}, {})
    status, meaning, name, headers = SUCCESS[_last(route)]
    content: dict[str, Any] = {"application/json": {"schema": reference(name)}} if name else {"*/*": {}}
    if prediction:
        content = {"application/json": {"schema": prediction, **({"examples": dict(examples)} if examples else {})}}
    return status, _answer(meaning, content, headers)


def _answer(meaning: str, content: dict[str, Any], headers: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": meaning, "headers": {**REQUEST_ID, **headers}, "content": content}


def _problems(route: Route) -> Iterator[tuple[str, dict[str, Any]]]:
    names = problem_names(route)
    for status in sorted({PROBLEMS[name].status for name in names}):
        its = [name for name in names if PROBLEMS[name].status == status]
        yield str(status), problem_answer(its)
