"""The last operation of a stack, read from its events."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Event = dict[str, Any]

# CloudFormation's word for what failed only because something else did
_CANCELLED = "cancelled"
_STARTS = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS")
_ENDPOINT, _ALARM = "AWS::SageMaker::Endpoint", "AWS::CloudWatch::Alarm"


@dataclass(frozen=True)
class Operation:
    """`failed` and `reason`: type and words of the first resource that failed, empty where none did.

    `configuration`: the name of the endpoint configuration that it made, in lower case, empty if it made none.
    `alarms`: the names of the alarms that it made. `began`: when it turned to the endpoint, if it did.
    """

    token: str
    event: str
    ended: datetime.datetime
    failed: str
    reason: str
    configuration: str
    alarms: tuple[str, ...]
    began: datetime.datetime | None


def starts(event: Event, stack_id: str) -> bool:
    """Whether the event is the first of an operation."""
    return event["PhysicalResourceId"] == stack_id and event["ResourceStatus"] in _STARTS


def read(newest_first: Sequence[Event], configuration: str) -> Operation:
    """The operation that these events tell of, down to its first. `configuration`: the logical id of the endpoint's.

    What an operation made is read from the events before its rollback or clean-up: after that the ids are of what was
    there before.
    """
    events = list(reversed(newest_first))
    first, last = events[0], events[-1]
    failed, reason = _first_failure(events)
    made = _made(events)
    configured = [e for e in made if e["LogicalResourceId"] == configuration]
    name = configured[-1]["PhysicalResourceId"].rsplit("/", 1)[-1].lower() if configured else ""
    alarms = [e["PhysicalResourceId"] for e in made if e["ResourceType"] == _ALARM]
    began = [e["Timestamp"] for e in events if e["ResourceType"] == _ENDPOINT]
    return Operation(
        token=first.get("ClientRequestToken", ""),
        event=first["EventId"],
        ended=last["Timestamp"],
        failed=failed,
        reason=reason,
        configuration=name,
        alarms=tuple(dict.fromkeys(alarms)),
        began=began[0] if began else None,
    )


def _made(events: Sequence[Event]) -> list[Event]:
    """The ends of creations and updates, in their order, until the stack turns back or cleans up."""
    found: list[Event] = []
    for event in events[1:]:
        if event["ResourceType"] == "AWS::CloudFormation::Stack":
            break
        if event["ResourceStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE") and event.get("PhysicalResourceId"):
            found.append(event)
    return found


def _first_failure(events: Sequence[Event]) -> tuple[str, str]:
    """(resource type, reason) of the first failure that is not a consequence of another one."""
    for event in events:
        reason = event.get("ResourceStatusReason", "")
        if event["ResourceStatus"].endswith("_FAILED") and _CANCELLED not in reason:
            return event["ResourceType"], f"{event['LogicalResourceId']}: {reason or 'no reason given'}"
    return "", ""
