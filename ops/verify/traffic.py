"""How much traffic and how many instances each variant has, and what scales them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from config.schema import Endpoint, Shadow
from config.schema.variant import Fleet
from ops import live
from ops.checks.row import Answer, Check, Verdict, bad
from ops.verify.question import check, compared, shown
from ops.verify.running import Running

POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
# CloudFormation updates neither a target nor a policy that it does not find.
MADE_AGAIN = "write `instances` instead of `scaling`, deploy, and take it back: CloudFormation makes both again then."


def checks(running: Running) -> Iterator[Check]:
    """Nothing where nothing runs: the configuration's row has said so."""
    if not running.described or not running.declared:
        return
    name, here = running.endpoint, f"endpoints.{running.endpoint}.variants"
    yield check(f"{name}: weights", here, "VERIFY-WEIGHTS", _weights, running)
    if running.settings.shadow:
        path = f"endpoints.{running.endpoint}.shadow"
        yield check(f"{name}: shadow's share", path, "VERIFY-SHADOW", _shadow, running, running.settings.shadow)
    for variant, fleet in _fleets(running.settings).items():
        path, what = f"{here}.{variant}", f"{name}/{variant}"
        yield check(f"{what}: instances", path, "VERIFY-INSTANCES", _instances, running, variant, fleet)
    for variant, its in running.settings.variants.items():
        if its.fleet:
            path, what = f"{here}.{variant}.scaling", f"{name}/{variant}"
            yield check(f"{what}: scaling target", path, "VERIFY-SCALING-TARGET", _target, running, variant)
            yield check(f"{what}: scaling policies", path, "VERIFY-SCALING-POLICIES", _policies, running, variant)
            yield check(f"{what}: schedules", path, "VERIFY-SCHEDULES", _schedules, running, variant)


def _weights(running: Running) -> Answer:
    """Shares: weights are relative to each other."""
    declared = {name: its.weight for name, its in running.settings.variants.items()}
    found = {its["VariantName"]: its.get("CurrentWeight", 1.0) for its in running.described["ProductionVariants"]}
    fix = f"write the live ones into the file, or set the file's: python -m ops traffic {running.endpoint} …"
    return compared(_shares(found), _shares(declared), "the traffic is shared otherwise than declared.", fix)


def _shares(weights: dict[str, float]) -> dict[str, float]:
    total = math.fsum(weights.values()) or 1.0
    return {name: round(100 * weights[name] / total, 2) for name in sorted(weights)}


def _shadow(running: Running, shadow: Shadow) -> Answer:
    """The share of requests that are copied: its weight against that of the one production variant."""
    (production,) = running.settings.variants
    live_ones = live.variants(running.described)
    own, its = (live_ones.get(name, {}).get("CurrentWeight", 0.0) for name in (production, shadow.name))
    found = round(100 * its / own, 2) if own else 0.0
    message = "another share of the requests is copied than declared: an update keeps the live one."
    fix = "remove the shadow from the file, deploy, and add it again."
    return compared(found, float(shadow.sampling_percent), message, fix)


def _fleets(settings: Endpoint) -> dict[str, Fleet]:
    """Variant -> its instances, the shadow's among them; none for a serverless one."""
    variants = [(name, its.fleet) for name, its in settings.variants.items()]
    shadow = [(settings.shadow.name, settings.shadow.fleet)] if settings.shadow else []
    return {name: fleet for name, fleet in [*variants, *shadow] if fleet}


def _instances(running: Running, variant: str, fleet: Fleet) -> Answer:
    found = live.variants(running.described).get(variant, {}).get("CurrentInstanceCount", 0)
    if fleet.fewest <= found <= fleet.most:
        return Answer(str(found), needed=f"{fleet.fewest} to {fleet.most}")
    message, fix = "there are fewer or more instances than scaling allows.", "look at the variant's scaling activities."
    if variant not in running.settings.variants:
        message = "the shadow has another number of instances than declared: an update keeps the live one."
        fix = "remove the shadow from the file, deploy, and add it again."
    return Answer(str(found), Verdict.ERROR, message, fix, f"{fleet.fewest} to {fleet.most}")


def _resource(running: Running, variant: str) -> str:
    return f"endpoint/{running.full_name}/variant/{variant}"


def _target(running: Running, variant: str) -> Answer:
    """Registered with the bounds of the file, or with those that a schedule has set, and not suspended."""
    scaling = running.settings.variants[variant].scaling
    listed = running.cloud.all(
        "application-autoscaling",
        "describe_scalable_targets",
        "ScalableTargets",
        ServiceNamespace="sagemaker",
        ResourceIds=[_resource(running, variant)],
        ScalableDimension=DIMENSION,
    )
    found = [(its["MinCapacity"], its["MaxCapacity"]) for its in listed]
    suspended = [state for its in listed for state, on in its.get("SuspendedState", {}).items() if on]
    allowed = (
        [(scaling.min, scaling.max), *((its.min, its.max) for its in scaling.schedules.values())] if scaling else []
    )
    needed = " or ".join(f"{fewest} to {most}" for fewest, most in allowed) or "none"
    said = shown([f"{fewest} to {most}" for fewest, most in found] + [f"{state} is on" for state in suspended])
    well = all(bounds in allowed for bounds in found) and bool(found) == bool(allowed) and not suspended
    message = "the variant is scaled otherwise than declared, or not at all."
    return Answer(said, needed=needed) if well else Answer(said, Verdict.ERROR, message, MADE_AGAIN, needed)


def _policies(running: Running, variant: str) -> Answer:
    """Those of the template, by name, kind and target, and each the one that CloudFormation made."""
    resource = _resource(running, variant)
    declared = dict(_own(running, variant))
    listed = running.cloud.all(
        "application-autoscaling",
        "describe_scaling_policies",
        "ScalingPolicies",
        ServiceNamespace="sagemaker",
        ResourceId=resource,
        ScalableDimension=DIMENSION,
    )
    message = "what scales the variant is not what was declared."
    answer = compared(
        _of_policies(listed), _of_policies([running.stack.value(its) for its in declared.values()]), message, MADE_AGAIN
    )
    if answer.verdict is Verdict.OK and {its["PolicyARN"] for its in listed} != set(
        map(running.stack.physical, declared)
    ):
        message = (
            "the policies were put again after a change of the instance type that was rolled back: the stack knows "
        )
        return bad(
            f"{answer.found} (other ARNs)", message + "ARNs that are gone, and can change none of them.", MADE_AGAIN
        )
    return answer


def _own(running: Running, variant: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Logical id and properties of a variant's policies: they name their target, whose id is the variant's resource."""
    targets = running.stack.of_type("AWS::ApplicationAutoScaling::ScalableTarget")
    resource = _resource(running, variant)
    ids = {id for id, its in targets.items() if running.stack.value(its["ResourceId"]) == resource}
    for id, properties in running.stack.of_type(POLICY).items():
        reference = properties.get("ScalingTargetId", {})
        named = properties.get("ResourceId")
        if (isinstance(reference, dict) and reference.get("Ref") in ids) or (
            named is not None and running.stack.value(named) == resource
        ):
            yield id, {key: value for key, value in properties.items() if key != "ScalingTargetId"}


def _of_policies(policies: list[dict[str, Any]]) -> list[str]:
    found = []
    for its in policies:
        target = its.get("TargetTrackingScalingPolicyConfiguration", {}).get("TargetValue")
        found.append(
            f"{its['PolicyName']} {its['PolicyType']} {'' if target is None else f'{float(target):g}'}".strip()
        )
    return sorted(found)


def _schedules(running: Running, variant: str) -> Answer:
    """By what they do: their names are of no matter."""
    scaling = running.settings.variants[variant].scaling
    schedules = scaling.schedules.values() if scaling else ()
    declared = sorted(f"cron({its.cron}) {its.timezone} {its.min} to {its.max}" for its in schedules)
    listed = running.cloud.all(
        "application-autoscaling",
        "describe_scheduled_actions",
        "ScheduledActions",
        ServiceNamespace="sagemaker",
        ResourceId=_resource(running, variant),
        ScalableDimension=DIMENSION,
    )
    found = sorted(f"{its['Schedule']} {its.get('Timezone', 'UTC')} {_bounds(its)}" for its in listed)
    return compared(found, declared, "instances come and go at other times than declared.", "deploy again.")


def _bounds(action: dict[str, Any]) -> str:
    its = action.get("ScalableTargetAction", {})
    return f"{its.get('MinCapacity')} to {its.get('MaxCapacity')}"
