"""Which handler answers which route: `module:function`, imported with its first request.

A handler takes a Request and the Service and gives a Response, or raises Problem or CallError.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from front_door.problems import UNKNOWN_ROUTE, Problem
from front_door.request import Request
from front_door.response import Response
from front_door.service import Service

Handler = Callable[[Request, Service], Response]

ROUTES: Mapping[tuple[str, str], str] = {
    ("POST", "/endpoints/{endpoint}/predictions"): "predictions:create",
    ("POST", "/endpoints/{endpoint}/uploads"): "jobs:upload",
    ("POST", "/endpoints/{endpoint}/jobs"): "jobs:create",
    ("GET", "/jobs/{id}"): "jobs:show",
    ("GET", "/endpoints"): "endpoint_status:index",
    ("GET", "/health"): "health:show",
    ("GET", "/openapi.json"): "openapi:show",
}
_found: dict[str, Handler] = {}


def handler_of(event: Mapping[str, Any]) -> Handler:
    """The handler of the event's route. Raises Problem (404) where there is none."""
    name = ROUTES.get((str(event.get("httpMethod")), str(event.get("resource"))))
    if name is None:
        known = ", ".join(f"{method} {path}" for method, path in ROUTES)
        raise Problem(UNKNOWN_ROUTE, f"The routes are {known}.")
    if name not in _found:
        module, _, function = name.partition(":")
        _found[name] = getattr(import_module(f"front_door.{module}"), function)
    return _found[name]
