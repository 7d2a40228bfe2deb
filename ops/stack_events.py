"""The events of a CloudFormation stack, told operation by operation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ops.session import Environment

# The first status of a stack in each kind of operation, and those in which it takes an update.
STARTS = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS")
STEADY = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")

Event = Mapping[str, Any]


def all_events(environment: Environment, stack: str) -> Iterable[Event]:
    """Of a stack by its id, newest first, read as they are asked for."""
    pages = environment.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack)
    return (event for page in pages for event in page["StackEvents"])


def operations(newest_first: Sequence[Event], stack: str) -> list[list[Event]]:
    """The events of each operation of the stack, oldest first; each begins with the one that started it."""
    found: list[list[Event]] = []
    for event in reversed(newest_first):
        if _starts(event, stack):
            found.append([])
        if found:
            found[-1].append(event)
    return found


def last_operation(newest_first: Iterable[Event], stack: str) -> list[Event]:
    """The events of the stack's last operation, oldest first; no older ones are asked for."""
    found: list[Event] = []
    for event in newest_first:
        found.append(event)
        if _starts(event, stack):
            break
    return found[::-1]


def first_failure(operation: Iterable[Event]) -> str:
    """What failed first; what CloudFormation cancelled then is no reason. Empty where nothing failed."""
    return next(
        (
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
            for event in operation
            if event["ResourceStatus"].endswith("_FAILED")
            and "cancelled" not in event.get("ResourceStatusReason", "").lower()
        ),
        "",
    )


def _starts(event: Event, stack: str) -> bool:
    return event["PhysicalResourceId"] == stack and event["ResourceStatus"] in STARTS
