"""The event "CloudFormation Stack Status Change", which MiniStack does not send and the release function waits for."""

from __future__ import annotations

from local import hooks
from local.hooks.cloudformation import on_stack_status


def _emit(stack_id: str, status: str, reason: str, token: str) -> None:
    detail = {
        "stack-id": stack_id,
        "status-details": {"status": status, "status-reason": reason},
        "client-request-token": token,
    }
    hooks.emit_event("aws.cloudformation", "CloudFormation Stack Status Change", detail, [stack_id])


def install() -> None:
    """Send one event for each stack status change, once DescribeStacks shows the new status."""
    on_stack_status(_emit)
