"""The roll-outs of an endpoint, told by the events of its stack. CloudFormation keeps them for 90 days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from ops.endpoint import short
from ops.release.registry import Package, Registry
from ops.session import Environment

# The first word of the client request token of the reconciler's updates; digests of packages and an id follow.
MARK = "release"
# How the reconciler begins the description of a package that it rejects after a roll-out.
ROLLED_BACK = "Rolled back"
STARTS = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS")
HOSTING = ("AWS::SageMaker::Endpoint", "AWS::SageMaker::EndpointConfig")

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Rollout:
    """One change of what the endpoint runs. `packages`: variant -> `<group>/<version>`, of those that it introduced.

    `by` is `release` or, for a deployment that changed the endpoint, `deployment`. `ended` is None while it goes on.
    """

    started: datetime
    ended: datetime | None
    by: str
    packages: Mapping[str, str]
    result: str
    reason: str


def history(environment: Environment, endpoint: str, registry: Registry) -> list[Rollout]:
    """Newest first. Raises OpsError where there is no stack."""
    stack = environment.stack("inference", endpoint)["StackId"]
    pages = environment.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack)
    events = [event for page in pages for event in page["StackEvents"]]
    packages = list(chain.from_iterable(registry.packages().values()))
    return [
        _rollout(operation, stack, packages, registry.groups)
        for operation in reversed(operations(events, stack))
        if any(event["ResourceType"] in HOSTING for event in operation)
    ]


def operations(newest_first: Sequence[Event], stack: str) -> list[list[Event]]:
    """The events of each operation of the stack, oldest first; each begins with the one that started it."""
    found: list[list[Event]] = []
    for event in reversed(newest_first):
        if event["PhysicalResourceId"] == stack and event["ResourceStatus"] in STARTS:
            found.append([])
        if found:
            found[-1].append(event)
    return found


def _rollout(operation: Sequence[Event], stack: str, packages: Sequence[Package], groups: Mapping[str, str]) -> Rollout:
    last = [event for event in operation if event["PhysicalResourceId"] == stack][-1]
    status, token = str(last["ResourceStatus"]), str(operation[0].get("ClientRequestToken", ""))
    mark, *digests = token.split("-")
    released = mark == MARK
    introduced = [its for its in packages if released and its.digest in digests[:-1]]
    result, reason = _result(status, introduced, first_failure(operation))
    return Rollout(
        started=operation[0]["Timestamp"],
        ended=None if status.endswith("_IN_PROGRESS") else last["Timestamp"],
        by="release" if released else "deployment",
        packages=_by_variant(introduced, groups),
        result=result,
        reason=reason,
    )


def _result(status: str, introduced: Iterable[Package], failure: str) -> tuple[str, str]:
    """What became of it, and why. The registry knows of alarms that CloudFormation never heard of."""
    refused = [its for its in introduced if its.status == "Rejected"]
    said = "; ".join(f"{short(its.arn)}: {its.why}" for its in refused)
    if status.endswith("_FAILED"):
        return "failed", failure
    if "ROLLBACK" in status:
        under_way = status.endswith("_IN_PROGRESS") and "CLEANUP" not in status
        return ("going back" if under_way else "rolled back"), said or failure
    if status.endswith("_IN_PROGRESS") and "CLEANUP" not in status:
        return "under way", ""
    if any(its.why.startswith(ROLLED_BACK) for its in refused):
        return "rolled back", said
    return ("taken back later", said) if refused else ("completed", "")


def _by_variant(introduced: Iterable[Package], groups: Mapping[str, str]) -> dict[str, str]:
    """A version's group says which variants it was for."""
    of_group = {short(its.arn).split("/")[0]: short(its.arn) for its in introduced}
    return {variant: of_group[group] for variant, group in groups.items() if group in of_group}


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
