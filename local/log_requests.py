"""Requests to CloudWatch Logs: what they are authorised on, and FilterLogEvents by the beginning of streams' names.

A log group, or a stream of it where a request names one. Sources: service authorization reference for Amazon CloudWatch
Logs; the role policy of CloudTrail's user guide, which allows CreateLogStream on streams; CloudWatch Logs API,
FilterLogEvents.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from local import hooks
from local.hooks.services import Handler, Response, wrap_service

_API = "Logs_20140328."
_TAGGING = frozenset({"TagResource", "UntagResource", "ListTagsForResource"})
_EITHER = "Give logStreamNames or logStreamNamePrefix, not both."
# No stream can have a colon in its name, and without any name MiniStack takes all.
_NO_STREAM = ":"


def _resource_arn(_method: str, _path: str, headers: Mapping[str, str], body: bytes, region: str, account: str) -> str:
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        return "*"
    if headers.get("x-amz-target", "").rsplit(".", 1)[-1] in _TAGGING:
        return str(given.get("resourceArn") or "*")
    if not (name := given.get("logGroupName")):
        return "*"
    group = f"arn:aws:logs:{region}:{account}:log-group:{name}"
    return f"{group}:log-stream:{given['logStreamName']}" if given.get("logStreamName") else group


def _by_prefix(inner: Handler) -> Handler:
    """MiniStack would read every stream of the group: it gets the names of those that are meant."""

    async def handle(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Response:
        async def call(operation: str, given: Mapping[str, Any]) -> Response:
            target = {**headers, "x-amz-target": f"{_API}{operation}"}
            return await inner(method, path, target, json.dumps(given).encode(), query)

        given = _filter_by_prefix(headers, body)
        if given is None:
            return await inner(method, path, headers, body, query)
        if given.get("logStreamNames"):
            content = {"__type": "InvalidParameterException", "message": _EITHER}
            return 400, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(content).encode()
        names = await _streams(call, given["logGroupName"], given.pop("logStreamNamePrefix"))
        return await call("FilterLogEvents", {**given, "logStreamNames": names or [_NO_STREAM]})

    return handle


def _filter_by_prefix(headers: Mapping[str, str], body: bytes) -> dict[str, Any] | None:
    """The parameters of a FilterLogEvents with a prefix, None for any other request."""
    if headers.get("x-amz-target") != f"{_API}FilterLogEvents":
        return None
    given: dict[str, Any] = json.loads(body)
    group = given.get("logGroupName") or str(given.get("logGroupIdentifier", "")).split(":log-group:")[-1]
    return {**given, "logGroupName": group} if given.get("logStreamNamePrefix") else None


async def _streams(call: Callable[[str, Mapping[str, Any]], Awaitable[Response]], group: str, prefix: str) -> list[str]:
    """Names of the group's streams that begin so; of a group that does not exist none."""
    asked: dict[str, Any] = {"logGroupName": group, "logStreamNamePrefix": prefix}
    names: list[str] = []
    while True:
        _, _, body = await call("DescribeLogStreams", asked)
        page = json.loads(body)
        names += [stream["logStreamName"] for stream in page.get("logStreams", [])]
        if not page.get("nextToken"):
            return names
        asked["nextToken"] = page["nextToken"]


def install() -> None:
    """Authorise and answer so from now on."""
    hooks.register_resource_arn("logs", _resource_arn)
    wrap_service("logs", _by_prefix)
