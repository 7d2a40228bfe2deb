"""The two CloudWatch alarms of a target tracking policy: they come and go with it, and show what it sees."""

import uuid
from types import SimpleNamespace
from typing import Any

from local import hooks
from local.hooks import alarms as hook
from local.sagemaker.autoscaling import metrics, tracking

_PREFIX = "TargetTracking-endpoint/"
_INITIAL = "INSUFFICIENT_DATA"


def install() -> None:
    """Take over the state of these alarms: our loop looks at their datapoints."""
    hook.evaluate_elsewhere(lambda name: name.startswith(_PREFIX))


def put(policy: Any, existing: list[Any]) -> list[Any]:
    """Make or change the alarms of a target tracking policy; returns them as moto keeps alarms of a policy.

    Each has `name`, `alarm_arn` and `state`. There is no low alarm where scaling in is disabled.
    """
    configuration = policy.target_tracking_scaling_policy_configuration
    metric = metrics.metric_of(policy.resource_id, configuration)
    target = float(configuration["TargetValue"])
    wanted = [("High", "GreaterThanThreshold", target, metric.high_period, tracking.HIGH_DATAPOINTS)]
    if not configuration.get("DisableScaleIn"):
        low = tracking.low_threshold(target)
        wanted.append(("Low", "LessThanThreshold", low, metric.low_period, tracking.LOW_DATAPOINTS))
    known = {alarm.side: alarm for alarm in existing}
    delete([alarm for side, alarm in known.items() if side not in [entry[0] for entry in wanted]])
    return [_put(policy, metric, known.get(entry[0]), *entry) for entry in wanted]


def _put(
    policy: Any,
    metric: metrics.Metric,
    known: Any,
    side: str,
    operator: str,
    threshold: float,
    period: float,
    datapoints: int,
) -> Any:
    name = known.name if known else f"TargetTracking-{policy.resource_id}-Alarm{side}-{uuid.uuid4()}"
    hooks.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        AlarmDescription=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy.policy_arn}.",
        AlarmActions=[policy.policy_arn],
        Namespace=metric.namespace,
        MetricName=metric.name,
        Dimensions=[{"Name": key, "Value": value} for key, value in metric.dimensions.items()],
        Statistic=metric.statistic,
        Period=int(period),
        EvaluationPeriods=datapoints,
        Threshold=threshold,
        ComparisonOperator=operator,
    )
    arn = f"arn:aws:cloudwatch:{hooks.region()}:{hooks.account()}:alarm:{name}"
    return SimpleNamespace(name=name, alarm_arn=arn, side=side, state=known.state if known else _INITIAL)


def delete(alarms: list[Any]) -> None:
    """Remove alarms of a policy."""
    if alarms:
        hooks.client("cloudwatch").delete_alarms(AlarmNames=[alarm.name for alarm in alarms])


def show(alarms: list[Any], reading: tracking.Reading) -> None:
    """Set the state of a policy's alarms to what was read."""
    for alarm in alarms:
        state, values = (
            (reading.high, reading.high_values) if alarm.side == "High" else (reading.low, reading.low_values)
        )
        if state != alarm.state:
            alarm.state = state
            reason = f"Datapoints: {', '.join(f'{value:g}' for value in values) or 'none'}"
            hooks.client("cloudwatch").set_alarm_state(AlarmName=alarm.name, StateValue=state, StateReason=reason)


def name_of(alarms: list[Any], side: str) -> str:
    """Return the name of the High or Low alarm."""
    return next((str(alarm.name) for alarm in alarms if alarm.side == side), "")
