"""API Gateway in front of a function: what AWS does there and MiniStack does not.

The function is told the caller's API key and must let the API in; events, answers and waiting have the limits of Lambda
and of API Gateway; and what goes wrong there is the gateway's own response, which the API may have customised.

Sources: API Gateway developer guide, "Gateway response types", "Lambda proxy integrations" (a function that fails or
answers something else is a 502), "Amazon API Gateway quotas"; Lambda developer guide, "Lambda quotas".
"""

from __future__ import annotations

import asyncio
import contextvars
import json
from collections.abc import Callable, Mapping
from typing import Any

from local.hooks import internals, scope
from local.hooks.events import function_lets_in

_app = internals.module("app")
_evaluator = internals.module("core.iam_evaluator")
_gateway = internals.module("services.apigateway_v1")

# Of a request or an answer of a function, as Lambda's errors name it.
LAMBDA_BYTES = 6_291_556
_NEVER_TOO_LARGE = 4_000_000
_DENIED = "AccessDeniedException"
_MEMBERS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})

_api_key: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar("api_key", default=None)


class _RefusedError(Exception):
    """Ends an integration with a gateway response of this type; `status` where the type has none of its own."""

    def __init__(self, response_type: str, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.response_type, self.status = response_type, status


def _checked_key(original: Callable[..., Any]) -> Callable[..., Any]:
    def check(*args: Any) -> Any:
        error, key = original(*args)
        _api_key.set(key)
        return error, key

    return check


def _enabled_key(original: Callable[..., Any]) -> Callable[..., Any]:
    """A key that was disabled: an update leaves the string there that it was sent."""

    def resolve(value: str) -> Any:
        key = original(value)
        return key if key and str(key.get("enabled", True)).lower() == "true" else None

    return resolve


def _event(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """The event names the key that the method asked for, and is no larger than Lambda takes."""

    def build(*args: Any, **named: Any) -> dict[str, Any]:
        event = original(*args, **named)
        if key := _api_key.get():
            event["requestContext"]["identity"] |= {"apiKey": key["value"], "apiKeyId": key["id"]}
        if _is_too_large(event, event["body"]):
            raise _RefusedError("REQUEST_TOO_LARGE", "Request Too Long")
        return event

    return build


def _answer(original: Callable[..., Any]) -> Callable[..., Any]:
    """A function that failed, or answered anything but a response, is a 502; one that Lambda throttled a 500."""

    def shape(result: Mapping[str, Any]) -> Any:
        if result.get("throttle"):
            raise _RefusedError("API_CONFIGURATION_ERROR", "Internal server error")
        found, answer = original(result), result.get("body")
        if result.get("error") or not _is_response(answer):
            raise _RefusedError("DEFAULT_5XX", "Internal server error", 502)
        if _is_too_large(answer or {}, (answer or {}).get("body")):
            raise _RefusedError("DEFAULT_5XX", "Internal server error", 502)
        return found

    return shape


def _is_too_large(document: Mapping[str, Any], body: str | None) -> bool:
    """Only what has a large body is looked at as a whole."""
    return len(body or "") > _NEVER_TOO_LARGE and len(json.dumps(document).encode()) > LAMBDA_BYTES


def _is_response(body: Any) -> bool:
    return (
        isinstance(body, dict)
        and body.keys() <= _MEMBERS
        and str(body.get("statusCode", "")).isdigit()
        and isinstance(body.get("body") or "", str)
    )


def _integration(original: Callable[..., Any]) -> Callable[..., Any]:
    """A proxy integration that asks for permission first, and waits no longer than its timeout."""

    async def invoke(integration: Mapping[str, Any], api_id: str, stage_name: str, *args: Any, **named: Any) -> Any:
        _stage, _resource, path, method = args[:4]
        function = _gateway._extract_lambda_ref_from_integration_uri(integration.get("uri", ""))
        source = f"arn:aws:execute-api:{scope.region()}:{scope.account()}:{api_id}/{stage_name}/{method}{path}"
        try:
            if not function_lets_in(function, "apigateway.amazonaws.com", source, scope.account()):
                raise _RefusedError("API_CONFIGURATION_ERROR", "Internal server error")
            running = asyncio.ensure_future(original(integration, api_id, stage_name, *args, **named))
            # The function goes on when the gateway has given up, as on AWS; nobody hears its answer.
            done, _ = await asyncio.wait({running}, timeout=int(integration.get("timeoutInMillis") or 29000) / 1000)
            if not done:
                running.add_done_callback(lambda ended: ended.exception())
                raise _RefusedError("INTEGRATION_TIMEOUT", "Endpoint request timed out")
            return running.result()
        except _RefusedError as refused:
            error = _gateway._gw_error(refused.response_type, str(refused))
            error.status = refused.status
            return error

    return invoke


def _rendered(original: Callable[..., Any]) -> Callable[..., Any]:
    """A status of our own, where the customised response names none."""

    def render(error: Any, request: Mapping[str, Any]) -> Any:
        status, headers, body = original(error, request)
        own = getattr(error, "status", None)
        given = _gateway._gateway_responses.get(request["api_id"], {}).get(error.response_type, {})
        return own if own and not given.get("statusCode") else status, headers, body

    return render


def _behind_its_address(original: Callable[..., Any]) -> Callable[..., Any]:
    """An API whose own address is disabled answers at its custom domain alone."""

    async def handle(host: str, path: str, *args: Any, **named: Any) -> Any:
        parsed = _app._parse_execute_api_url(host, path)
        if parsed and _is_disabled(parsed[0]):
            headers = {"Content-Type": "application/json", "x-amzn-ErrorType": "ForbiddenException"}
            return 403, headers, b'{"message":"Forbidden"}'
        return await original(host, path, *args, **named)

    return handle


def _denied(original: Callable[..., Any]) -> Callable[..., Any]:
    """What IAM denies is a response of the gateway's as well."""

    def enforce(
        api_id: str, stage: str, method: str, path: str, headers: Any, query: Any, *rest: Any, **named: Any
    ) -> Any:
        denied = original(api_id, stage, method, path, headers, query, *rest, **named)
        if not denied or denied[1].get("x-amzn-errortype") != _DENIED:
            return denied
        error = _evaluator.AuthError(_DENIED, json.loads(denied[2])["message"])
        return _gateway.authentication_error_response(api_id, stage, error, headers, query) or denied

    return enforce


def _is_disabled(api_id: str) -> bool:
    owner = _gateway.find_api_scope(api_id)
    api = _gateway._rest_apis.get_scoped(*owner, api_id) if owner else None
    # An update leaves the string there that it was sent.
    return str((api or {}).get("disableExecuteApiEndpoint")).lower() == "true"


def _install() -> None:
    _gateway._resolve_api_key = _enabled_key(_gateway._resolve_api_key)
    _gateway._check_api_key = _checked_key(_gateway._check_api_key)
    _gateway._build_lambda_event_v1 = _event(_gateway._build_lambda_event_v1)
    _gateway._lambda_proxy_response = _answer(_gateway._lambda_proxy_response)
    _gateway._invoke_lambda_proxy_v1 = _integration(_gateway._invoke_lambda_proxy_v1)
    _gateway._gateway_error_response = _rendered(_gateway._gateway_error_response)
    _gateway._AUTHENTICATION_GATEWAY_ERRORS[_DENIED] = ("ACCESS_DENIED", _DENIED)
    _app._enforce_execute_api = _denied(_app._enforce_execute_api)
    _app._handle_execute_api_request = _behind_its_address(_app._handle_execute_api_request)


_install()
