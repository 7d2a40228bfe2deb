"""Which operation a stack's event belongs to, which MiniStack does not say.

The CDK's command line asks for it: without it, it takes failures of earlier deployments for those of the last one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from local.hooks import internals
from local.hooks.services import Response

# A rollback is an operation of its own.
_STARTS = frozenset(
    f"{kind}_IN_PROGRESS"
    for kind in ("REVIEW", "CREATE", "UPDATE", "DELETE", "IMPORT", "ROLLBACK", "UPDATE_ROLLBACK", "IMPORT_ROLLBACK")
)
_EVENT_ID = re.compile(rb"<EventId>([^<]*)</EventId>")
_service = internals.module("services.cloudformation")
_new_id = internals.module("core.responses").new_uuid


def install() -> None:
    """Give each event the id of its operation, and show it in DescribeStackEvents."""
    _note()
    _show()


def _note() -> None:
    original = internals.module("services.cloudformation.stacks")._add_event

    def add_event(stack_id: str, stack_name: str, logical_id: str, *rest: Any, **named: Any) -> None:
        original(stack_id, stack_name, logical_id, *rest, **named)
        events = _service._stack_events[stack_id]
        known = next((event["OperationId"] for event in reversed(events) if "OperationId" in event), None)
        # Threads add events of one stack at the same time, so the new one need not be the last.
        for event in [event for event in events if "OperationId" not in event]:
            is_start = event["LogicalResourceId"] == stack_name and event["ResourceStatus"] in _STARTS
            event["OperationId"] = known = _new_id() if is_start or known is None else known

    for name in ("stacks", "handlers", "changesets"):
        internals.module(f"services.cloudformation.{name}")._add_event = add_event


def _show() -> None:
    handlers = internals.module("services.cloudformation.handlers")._ACTION_HANDLERS
    original = handlers["DescribeStackEvents"]

    def describe_stack_events(params: Mapping[str, Any]) -> Response:
        status, headers, body = original(params)
        operations = {
            event["EventId"]: event["OperationId"] for events in _service._stack_events.values() for event in events
        }

        def with_operation(found: re.Match[bytes]) -> bytes:
            return found[0] + f"<OperationId>{operations[found[1].decode()]}</OperationId>".encode()

        return status, headers, _EVENT_ID.sub(with_operation, body)

    handlers["DescribeStackEvents"] = describe_stack_events
