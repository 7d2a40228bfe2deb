"""What the policies of a target want together: the largest capacity that one of them asks for.

Source: Application Auto Scaling user guide, "Multiple scaling policies" and "Cooldown period": scaling out wins over
scaling in, and target tracking scales in only if all target tracking policies agree.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.hooks.alarm_actions import alarms_asking_for
from local.sagemaker.autoscaling import alarms, metrics, records, steps, tracking
from local.sagemaker.state import Region
from local.sagemaker.timing import timing


@dataclass(frozen=True)
class Proposal:
    """A capacity, why, and how long nothing follows it, in seconds of AWS's."""

    capacity: int
    cause: str
    cooldown_seconds: float = 0.0


@dataclass(frozen=True)
class Cooldown:
    """After scaling out from `base`: until then a policy's wish starts from `base`, so only a larger one counts."""

    base: int
    until: float


@dataclass(frozen=True)
class _Opinion:
    """What one policy wants; no proposal: nothing now. One of target tracking that is not `low` vetoes scaling in."""

    proposal: Proposal | None = None
    vetoes: bool = False


def propose(
    region: Region, target: Any, capacity: int, now: float, *, grown: Cooldown | None, may_shrink: bool
) -> Proposal | None:
    """Return what the policies want instead of `capacity`, within the target's bounds; None if nothing else."""
    base = grown.base if grown else capacity
    opinions = [
        _tracked(policy, capacity, base, now) if policy.policy_type == "TargetTrackingScaling" else _stepped(
            policy, capacity, base, now
        )
        for policy in records.policies(region, target.resource_id)
    ]  # fmt: skip
    suspended = target.suspended_state or {}
    wanted = list(_bounded(opinions, int(target.min_capacity), int(target.max_capacity)))
    out = [proposal for proposal in wanted if proposal.capacity > capacity]
    if out:
        return None if suspended.get("DynamicScalingOutSuspended") else _largest(out)
    shrink = [proposal for proposal in wanted if proposal.capacity < capacity]
    vetoed = any(opinion.vetoes for opinion in opinions) or not may_shrink
    return _largest(shrink) if shrink and not vetoed and not suspended.get("DynamicScalingInSuspended") else None


def _largest(proposals: list[Proposal]) -> Proposal:
    return max(proposals, key=lambda proposal: proposal.capacity)


def _bounded(opinions: list[_Opinion], low: int, high: int) -> Iterator[Proposal]:
    for proposal in (opinion.proposal for opinion in opinions if opinion.proposal):
        yield Proposal(min(max(proposal.capacity, low), high), proposal.cause, proposal.cooldown_seconds)


def _cause(alarm: str, policy: Any) -> str:
    return f"monitor alarm {alarm} in state ALARM triggered policy {policy.policy_name}"


def _tracked(policy: Any, capacity: int, base: int, now: float) -> _Opinion:
    configuration = policy.target_tracking_scaling_policy_configuration
    target = float(configuration["TargetValue"])
    metric = metrics.metric_of(policy.resource_id, configuration)
    high = metrics.values(metric, metric.high_period, tracking.HIGH_DATAPOINTS + 1, now)
    low = metrics.values(metric, metric.low_period, tracking.LOW_DATAPOINTS + 1, now)
    reading = tracking.read(high, low, target)
    alarms.show(policy.alarms, reading)
    if reading.high == "ALARM":
        wanted = tracking.wanted_out(base, target, reading.high_values)
        cause = _cause(alarms.name_of(policy.alarms, "High"), policy)
        seconds = float(configuration.get("ScaleOutCooldown", tracking.DEFAULT_COOLDOWN_SECONDS))
        return _Opinion(Proposal(max(wanted, capacity), cause, seconds), vetoes=True)
    if configuration.get("DisableScaleIn"):
        return _Opinion()
    if reading.low != "ALARM":
        return _Opinion(vetoes=True)
    wanted = min(tracking.wanted_in(capacity, target, reading.low_values), capacity)
    seconds = float(configuration.get("ScaleInCooldown", tracking.DEFAULT_COOLDOWN_SECONDS))
    cause = _cause(alarms.name_of(policy.alarms, "Low"), policy)
    return _Opinion(Proposal(wanted, cause, seconds), vetoes=wanted == capacity)


def _stepped(policy: Any, capacity: int, base: int, now: float) -> _Opinion:
    configuration = policy.step_scaling_policy_configuration
    for alarm in alarms_asking_for(policy.policy_arn):
        breach = _breach(alarm, now)
        wanted = steps.wanted(configuration, capacity, breach)
        if wanted is not None and wanted > capacity:
            wanted = max(capacity, steps.wanted(configuration, base, breach) or 0)
        if wanted is not None and wanted != capacity:
            seconds = float(configuration.get("Cooldown", steps.DEFAULT_COOLDOWN_SECONDS))
            return _Opinion(Proposal(wanted, _cause(alarm["AlarmName"], policy), seconds))
    return _Opinion()


def _breach(alarm: Mapping[str, Any], now: float) -> float:
    """How far the alarm's newest value is from its threshold; none for an alarm set by hand, or of several metrics."""
    if not alarm.get("MetricName") or not alarm.get("Statistic"):
        return 0.0
    period, periods = float(alarm.get("Period") or timing().period_seconds), int(alarm.get("EvaluationPeriods") or 1)
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions") or []}
    named = (str(alarm["Namespace"]), str(alarm["MetricName"]), dimensions, str(alarm["Statistic"]))
    values = metrics.values(metrics.Metric(*named, period, period), period, periods + 1, now)
    newest = next((value for value in reversed(values) if value is not None), None)
    return 0.0 if newest is None else newest - float(alarm["Threshold"])
