"""Who acts in a stack operation: the role that the operation or an earlier one named, else the caller.

MiniStack ignores RoleARN. Here the caller must be allowed to pass it (iam:PassRole), policies can ask for it
(cloudformation:RoleArn), the role must trust CloudFormation, and the types that we provide are created, updated and
deleted with its credentials. Of MiniStack's own types the creation is authorised (authorisation.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from local import hooks
from local.hooks import cloudformation as hook
from local.hooks.identity import caller_credentials
from local.hooks.services import Handler, Request, Response, wrap_service

_PRINCIPAL = "cloudformation.amazonaws.com"
_ROLE = "_ashlar_role_arn"
_STARTING = frozenset(
    {"CreateStack", "UpdateStack", "DeleteStack", "ExecuteChangeSet", "ContinueUpdateRollback", "RollbackStack"}
)

_BRIEFLY_SECONDS = 3.0

_ended: dict[str, asyncio.Event] = {}
_credentials: contextvars.ContextVar[dict[str, str] | None] = contextvars.ContextVar("stack_credentials", default=None)


def client(service: str) -> Any:
    """A client that acts as the stack operation does."""
    return hooks.client(service, credentials=_credentials.get())


def acting_access_key() -> str:
    """The access key that the stack operation acts with; empty for the account's root."""
    return (_credentials.get() or {}).get("AccessKeyId", "")


def _request(body: bytes, query: Mapping[str, Any]) -> dict[str, str]:
    parsed = {**parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True), **query}
    return {name: value[0] if isinstance(value, list) else str(value) for name, value in parsed.items()}


def _role_of(request: Mapping[str, str]) -> str | None:
    """The role an operation acts with: its own, its change set's, or what the stack's last operation named."""
    name = request.get("StackName", "")
    records: list[dict[str, Any] | None] = [hook.stack(name) if name else None]
    if request["Action"] == "ExecuteChangeSet":
        change_set = hook.change_set(request.get("ChangeSetName", ""), name)
        records = [change_set, hook.stack(change_set["StackName"]) if change_set else None]
    remembered = [record[_ROLE] for record in records if record and record.get(_ROLE)]
    return request.get("RoleARN") or (remembered[0] if remembered else None)


def _remember(request: Mapping[str, str], role_arn: str) -> None:
    """Keep the role: a stack operation without one goes on with the role of the last."""
    name = request.get("StackName", "")
    change_set = hook.change_set(request.get("ChangeSetName", ""), name) if "ChangeSetName" in request else None
    if request["Action"] == "CreateChangeSet":
        record = change_set
    else:
        record = hook.stack(name or (change_set or {}).get("StackName", ""))
    if record is not None:
        record[_ROLE] = role_arn


def _busy(request: Mapping[str, str]) -> str | None:
    """Why the operation must wait for the one that runs; MiniStack asks this for UpdateStack alone."""
    action, name = request["Action"], request.get("StackName", "")
    if action == "ExecuteChangeSet":
        change_set = hook.change_set(request.get("ChangeSetName", ""), name)
        name = change_set["StackName"] if change_set else ""
    stack = hook.stack(name) if name else None
    status = str(stack["StackStatus"]) if stack else ""
    if not status.startswith("UPDATE_") or not status.endswith("_IN_PROGRESS"):
        return None
    if action == "DeleteStack":
        return f"Stack [{name}] cannot be deleted while in status {status}"
    return f"Stack [{name}] is in {status} state and can not be updated."


def _with_role(inner: Handler) -> Handler:
    async def handle(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Response:
        request = _request(body, query)
        if request.get("Action") not in _STARTING | {"CreateChangeSet"}:
            return await inner(method, path, headers, body, query)
        if busy := _busy(request):
            return hook.error_response("ValidationError", busy)
        role_arn = _role_of(request)
        try:
            if request.get("RoleARN"):
                hooks.require_pass_role(headers, request["RoleARN"], _PRINCIPAL)
            credentials = _act_as(role_arn, headers)
        except hooks.AccessDenied as denied:
            return hook.error_response("AccessDenied", str(denied), 403)
        acting = _credentials.set(credentials)
        try:
            response = await inner(method, path, headers, body, query)
        finally:
            _credentials.reset(acting)
        if response[0] < 300:
            await _accepted(request, role_arn)
        return response

    return handle


async def _accepted(request: Mapping[str, str], role_arn: str | None) -> None:
    if role_arn:
        _remember(request, role_arn)
    if request["Action"] == "ExecuteChangeSet":
        await _briefly_for_its_end(request)


async def _briefly_for_its_end(request: Mapping[str, str]) -> None:
    """Let a short deployment end before ExecuteChangeSet answers: the CDK CLI, once it has seen one run, waits 5 s."""
    change_set = hook.change_set(request["ChangeSetName"], request.get("StackName", ""))
    stack = hook.stack(change_set["StackName"]) if change_set else None
    if stack and stack["StackStatus"].endswith("_IN_PROGRESS"):
        ended = _ended.setdefault(stack["StackId"], asyncio.Event())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), _BRIEFLY_SECONDS)


def _note_end(stack_id: str, status: str, reason: str, token: str) -> None:
    if not status.endswith("_IN_PROGRESS") and stack_id in _ended:
        _ended.pop(stack_id).set()


def _act_as(role_arn: str | None, headers: Mapping[str, str]) -> dict[str, str] | None:
    if role_arn is None:
        return caller_credentials(headers)
    return hooks.assume_role(role_arn, "AWSCloudFormation", service_principal=_PRINCIPAL)


def _role_arn(request: Request) -> dict[str, str]:
    """The condition key cloudformation:RoleArn: the role that a stack operation names, if any."""
    given = request.query.get("RoleARN")
    return {"cloudformation:RoleArn": given[0] if isinstance(given, list) else given} if given else {}


def install() -> None:
    """Heed RoleARN from now on."""
    hooks.register_condition_keys("cloudformation", _role_arn)
    hook.on_stack_status(_note_end)
    wrap_service("cloudformation", _with_role)
