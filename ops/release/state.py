"""Where an endpoint stands: what is declared, approved and served, and a roll-out that is under way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ops import live
from ops.endpoint import FIXED, NOT_RELEASED, configurations, declared, groups, short
from ops.release.history import Rollout, history
from ops.release.registry import Registry, latest_approved
from ops.session import Environment


@dataclass(frozen=True)
class VariantState:
    """Packages are `<group>/<version>`, `fixed` where no release chooses, `none` where there is none.

    `declared` is what the stack selects; `serving` what the containers of the live endpoint are. `weight` is live, the
    declared one before there is an endpoint.
    """

    name: str
    weight: float
    declared: str
    approved: str
    serving: list[str]


@dataclass(frozen=True)
class Stage:
    """A variant of the fleet that is coming: `Creating`, `ActivatingTraffic`, `Baking`."""

    variant: str
    status: str
    since: datetime | None


@dataclass(frozen=True)
class State:
    """`stages` is empty unless a roll-out is under way; `paused` is the reason, `last` the newest roll-out.

    `went_back`: the endpoint runs another configuration than its stack's, as after an alarm.
    """

    endpoint_status: str
    stack_status: str
    configuration: str
    went_back: bool
    variants: list[VariantState]
    stages: list[Stage]
    paused: str | None
    last: Rollout | None


def state(environment: Environment, endpoint: str) -> State:
    """Ask CloudFormation, the registry and SageMaker. Raises OpsError where there is no stack."""
    stack = environment.stack("inference", endpoint)
    described = live.describe(environment, endpoint)
    registry = Registry(environment, endpoint)
    rollouts = history(environment, endpoint, registry)
    return State(
        endpoint_status=described.get("EndpointStatus", "not released"),
        stack_status=stack["StackStatus"],
        configuration=described.get("EndpointConfigName", "none"),
        went_back=_went_back(environment, stack, described),
        variants=_variants(environment, endpoint, stack, described, registry),
        stages=stages(described),
        paused=registry.paused(),
        last=rollouts[0] if rollouts else None,
    )


def stages(described: dict[str, Any]) -> list[Stage]:
    """Of DescribeEndpoint: how far the fleet is that an update brings."""
    pending = described.get("PendingDeploymentSummary", {})
    return [
        Stage(name, status["Status"], status.get("StartTime"))
        for name, variant in live.variants(pending).items()
        for status in variant.get("VariantStatus", [])
    ]


def _went_back(environment: Environment, stack: dict[str, Any], described: dict[str, Any]) -> bool:
    """While an update runs, the two may well differ."""
    if not described or stack["StackStatus"].endswith("_IN_PROGRESS"):
        return False
    declared = configurations(environment, stack["StackId"])
    return bool(declared) and described["EndpointConfigName"].lower() not in declared


def _variants(
    environment: Environment, endpoint: str, stack: dict[str, Any], described: dict[str, Any], registry: Registry
) -> list[VariantState]:
    approved = {group: latest_approved(versions) for group, versions in registry.packages().items()}
    selected = declared(environment, endpoint, stack)
    serving = live.serving(environment, live.configuration(environment, described))
    running = live.variants(described)
    of_group = groups(environment, endpoint)
    found = []
    for name, weight in environment.platform.endpoints[endpoint].weights.items():
        latest = approved.get(of_group.get(name, ""))
        found.append(
            VariantState(
                name=name,
                weight=running.get(name, {}).get("CurrentWeight", weight),
                declared=selected[name],
                approved=(short(latest.arn) if latest else NOT_RELEASED) if name in of_group else FIXED,
                serving=[short(its) for its in serving.get(name, [])],
            )
        )
    return found
