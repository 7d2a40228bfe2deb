"""The roll-outs of an endpoint, told by the events of its stack. CloudFormation keeps them for 90 days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from ops.endpoint import short
from ops.release.registry import Package, Registry
from ops.session import Environment
from ops.stack_events import Event, all_events, first_failure, operations

# The first word of the client request token of the reconciler's updates; digests of packages and an id follow.
MARK = "release"
# How the reconciler begins the description of a package that it rejects after a roll-out.
ROLLED_BACK = "Rolled back"
HOSTING = ("AWS::SageMaker::Endpoint", "AWS::SageMaker::EndpointConfig")


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
    events = list(all_events(environment, stack))
    packages = list(chain.from_iterable(registry.packages().values()))
    return [
        _rollout(operation, stack, packages, registry)
        for operation in reversed(operations(events, stack))
        if any(event["ResourceType"] in HOSTING for event in operation)
    ]


def _rollout(operation: Sequence[Event], stack: str, packages: Sequence[Package], registry: Registry) -> Rollout:
    last = [event for event in operation if event["PhysicalResourceId"] == stack][-1]
    status, token = str(last["ResourceStatus"]), str(operation[0].get("ClientRequestToken", ""))
    mark, *digests = token.split("-")
    released = mark == MARK
    introduced = [its for its in packages if released and its.digest in digests[:-1]]
    refused = {short(its.arn): registry.why(its) for its in introduced if its.status == "Rejected"}
    result, reason = _result(status, refused, first_failure(operation))
    return Rollout(
        started=operation[0]["Timestamp"],
        ended=None if status.endswith("_IN_PROGRESS") else last["Timestamp"],
        by="release" if released else "deployment",
        packages=_by_variant(introduced, registry.groups),
        result=result,
        reason=reason,
    )


def _result(status: str, refused: Mapping[str, str], failure: str) -> tuple[str, str]:
    """What became of it, and why. `refused`: package -> reason; it tells alarms that CloudFormation never heard of."""
    said = "; ".join(f"{package}: {why}" for package, why in refused.items())
    if status.endswith("_FAILED"):
        return "failed", failure
    if "ROLLBACK" in status:
        under_way = status.endswith("_IN_PROGRESS") and "CLEANUP" not in status
        return ("going back" if under_way else "rolled back"), said or failure
    if status.endswith("_IN_PROGRESS") and "CLEANUP" not in status:
        return "under way", ""
    if any(why.startswith(ROLLED_BACK) for why in refused.values()):
        return "rolled back", said
    return ("taken back later", said) if refused else ("completed", "")


def _by_variant(introduced: Iterable[Package], groups: Mapping[str, str]) -> dict[str, str]:
    """A version's group says which variants it was for."""
    of_group = {short(its.arn).split("/")[0]: short(its.arn) for its in introduced}
    return {variant: of_group[group] for variant, group in groups.items() if group in of_group}
