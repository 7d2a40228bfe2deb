"""Scaling in the arguments of Application Auto Scaling's API, as its resources and our custom ones take it."""

from __future__ import annotations

from typing import Any

from config.schema import Scaling

METRICS = {
    "concurrency": "SageMakerVariantConcurrentRequestsPerModelHighResolution",
    "invocations": "SageMakerVariantInvocationsPerInstance",
}
NAMESPACE = "AWS/SageMaker"


def policies(endpoint: str, variant: str, instance_type: str, settings: Scaling) -> list[dict[str, Any]]:
    """Arguments of PutScalingPolicy but for those that say whose: target tracking; from zero, steps as well.

    The instance type is in the names: with another type CloudFormation makes them anew, for SageMaker changes the type
    only while nothing scales the variant.
    """
    name = f"{endpoint}-{variant}-{settings.metric}-{instance_type}"
    tracking = {
        "TargetValue": settings.target,
        "ScaleInCooldown": settings.scale_in_cooldown_seconds,
        "ScaleOutCooldown": settings.scale_out_cooldown_seconds,
        **_metric(endpoint, settings),
    }
    found: list[dict[str, Any]] = [
        {
            "PolicyName": name,
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": tracking,
        }
    ]
    if starts_from_zero(settings):
        # Without an instance there is no backlog per instance to track (developer guide: scale up from zero).
        steps = {
            "AdjustmentType": "ChangeInCapacity",
            "MetricAggregationType": "Average",
            "Cooldown": settings.scale_out_cooldown_seconds,
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
        }
        found.append(
            {"PolicyName": f"{name}-from-zero", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": steps}
        )
    return found


def schedules(settings: Scaling) -> list[dict[str, Any]]:
    """Arguments of PutScheduledAction but for those that say whose."""
    return [
        {
            "ScheduledActionName": name,
            "Schedule": f"cron({its.cron})",
            "Timezone": its.timezone,
            "ScalableTargetAction": {"MinCapacity": its.min, "MaxCapacity": its.max},
        }
        for name, its in settings.schedules.items()
    ]


def starts_from_zero(settings: Scaling) -> bool:
    """Whether there may be no instance at a time."""
    return 0 in (settings.min, *(schedule.min for schedule in settings.schedules.values()))


def _metric(endpoint: str, settings: Scaling) -> dict[str, Any]:
    if settings.metric != "backlog":
        return {"PredefinedMetricSpecification": {"PredefinedMetricType": METRICS[settings.metric]}}
    dimensions = [{"Name": "EndpointName", "Value": endpoint}]
    backlog = {"MetricName": "ApproximateBacklogSizePerInstance", "Namespace": NAMESPACE, "Statistic": "Average"}
    return {"CustomizedMetricSpecification": {**backlog, "Dimensions": dimensions}}
