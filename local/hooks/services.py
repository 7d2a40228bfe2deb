"""Services of our own, served by MiniStack's front: routed, signed and authorised like its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.hooks import current_request, internals

Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[str, str, Mapping[str, str], bytes, Mapping[str, Any]], Awaitable[Response]]
ResourceArn = Callable[[str, str, Mapping[str, str], bytes, str, str], str]

_app = internals.module("app")
_router = internals.module("core.router")
_actions = internals.module("core.iam_actions")


@dataclass(frozen=True)
class Request:
    """What a policy's conditions may ask of a request; header names are in lower case."""

    action: str
    body: bytes
    query: Mapping[str, Any]
    headers: Mapping[str, str]


ConditionKeys = Callable[[Request], dict[str, Any]]

_resource_arns: dict[str, ResourceArn] = {}
_condition_keys: dict[str, ConditionKeys] = {}


def register_service(
    name: str,
    handler: Handler,
    target_prefixes: Sequence[str] = (),
    iam_namespace: str | None = None,
    botocore_names: Sequence[str] = (),
) -> None:
    """Serve requests of service `name` with `handler(method, path, headers, body, query)` on the event loop.

    `target_prefixes` are the X-Amz-Target prefixes of its JSON protocol; requests without that header are routed by the
    service name in their signature. `iam_namespace` is the prefix of its IAM actions (default: `name`);
    `botocore_names` are the models by which the path of a REST request becomes an IAM action.
    """
    _app.SERVICE_HANDLERS[name] = handler
    _router.SERVICE_PATTERNS[name] = {"target_prefixes": list(target_prefixes), "host_patterns": []}
    _actions.SERVICE_TO_IAM_NAMESPACE[name] = iam_namespace or name
    if botocore_names:
        _actions._BOTOCORE_SERVICE_MAP[name] = list(botocore_names)


def register_resource_arn(name: str, fn: ResourceArn) -> None:
    """Authorise requests of service `name` on the ARN `fn(method, path, headers, body, region, account)` answers."""
    _resource_arns[name] = fn


def register_condition_keys(name: str, fn: ConditionKeys) -> None:
    """Give policies the condition keys of a service: `fn(request)` answers key -> value."""
    _condition_keys[name] = fn


def wrap_service(name: str, wrap: Callable[[Handler], Handler]) -> None:
    """Put `wrap` around the handler of one of MiniStack's own services."""
    _app.SERVICE_HANDLERS[name] = wrap(_app.SERVICE_HANDLERS[name])


def _install() -> None:
    original = _actions.extract_resource_arn

    def extract_resource_arn(
        service: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query: Mapping[str, Any],
        region: str,
        account: str,
    ) -> str:
        ours = _resource_arns.get(service)
        if ours:
            return ours(method, path, headers, body, region, account)
        return str(original(service, method, path, headers, body, query, region, account))

    _actions.extract_resource_arn = extract_resource_arn
    tags = _actions.request_tag_context

    def request_tag_context(service: str, iam_action: str, body: bytes, params: Mapping[str, Any]) -> dict[str, Any]:
        keys = _condition_keys.get(service)
        signed = current_request.current()
        request = Request(iam_action, body, params, signed.headers if signed else {})
        return {**tags(service, iam_action, body, params), **(keys(request) if keys else {})}

    # Its answers are merged into the context of every request, which makes it the place for other keys as well.
    _actions.request_tag_context = request_tag_context


_install()
