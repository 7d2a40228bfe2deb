"""iam:PassRole in calls to Lambda and EventBridge: who gives a function or a target a role must be allowed to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local import hooks
from local.hooks.services import Handler, Response, wrap_service

Params = Mapping[str, Any]


def _function_roles(method: str, path: str, _headers: Mapping[str, str], params: Params) -> Iterator[str]:
    creates = method == "POST" and path.rstrip("/").endswith("/functions")
    changes = method == "PUT" and path.endswith("/configuration")
    if (creates or changes) and params.get("Role"):
        yield str(params["Role"])


def _target_roles(_method: str, _path: str, headers: Mapping[str, str], params: Params) -> Iterator[str]:
    if headers.get("x-amz-target") == "AWSEvents.PutTargets":
        yield from (str(target["RoleArn"]) for target in params.get("Targets", []) if target.get("RoleArn"))


def _asking(principal: str, roles: Callable[..., Iterator[str]]) -> Callable[[Handler], Handler]:
    def wrap(inner: Handler) -> Handler:
        async def handle(
            method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
        ) -> Response:
            try:
                for role in roles(method, path, headers, _parameters(body)):
                    hooks.require_pass_role(headers, role, principal)
            except hooks.AccessDenied as denied:
                return _refusal(denied)
            return await inner(method, path, headers, body, query)

        return handle

    return wrap


def _parameters(body: bytes) -> Params:
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _refusal(denied: hooks.AccessDenied) -> Response:
    content = json.dumps({"__type": denied.code, "message": str(denied)}).encode()
    return 403, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": denied.code}, content


def install() -> None:
    """Ask from now on."""
    wrap_service("lambda", _asking("lambda.amazonaws.com", _function_roles))
    wrap_service("events", _asking("events.amazonaws.com", _target_roles))
