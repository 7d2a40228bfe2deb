"""The metric that a target tracking policy follows, and its values period by period.

Source: SageMaker developer guide, "Define a scaling policy": a high-resolution metric scales out faster, and in at the
same rate as others.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.hooks.events import ask_event_loop
from local.hooks.metric_data import Statistic
from local.sagemaker.autoscaling.records import variant_of
from local.sagemaker.errors import unsupported
from local.sagemaker.timing import timing

_PREDEFINED = {
    "SageMakerVariantInvocationsPerInstance": ("InvocationsPerInstance", "Sum", False),
    "SageMakerVariantConcurrentRequestsPerModelHighResolution": ("ConcurrentRequestsPerModel", "Average", True),
}


@dataclass(frozen=True)
class Metric:
    """What a policy follows. Its alarms look at it with these periods, in seconds of AWS's."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    high_period: float
    low_period: float


def metric_of(resource: str, configuration: Mapping[str, Any]) -> Metric:
    """Return the metric of a policy for a variant; ValidationException for one that could not be followed."""
    known = timing()
    predefined = configuration.get("PredefinedMetricSpecification")
    if predefined:
        kind = predefined["PredefinedMetricType"]
        if kind not in _PREDEFINED:
            raise unsupported(f"PredefinedMetricType {kind}", f"Use one of {', '.join(sorted(_PREDEFINED))}.")
        endpoint, variant = variant_of(resource) or ("", "")
        name, statistic, fine = _PREDEFINED[kind]
        dimensions = {"EndpointName": endpoint, "VariantName": variant}
        high = known.high_resolution_seconds if fine else known.period_seconds
        return Metric("AWS/SageMaker", name, dimensions, statistic, high, known.period_seconds)
    custom = configuration.get("CustomizedMetricSpecification") or {}
    if custom.get("Metrics") or not custom:
        raise unsupported("Metric math in a scaling policy", "Name one metric with Namespace, MetricName, Statistic.")
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in custom.get("Dimensions") or []}
    named = (custom["Namespace"], custom["MetricName"], dimensions, custom["Statistic"])
    return Metric(*named, known.period_seconds, known.period_seconds)


def values(metric: Metric, period: float, count: int, now: float) -> list[float | None]:
    """Return the metric's statistic in the last `count` complete periods before `now`, the oldest first.

    `period` is in seconds of AWS's; None where nothing was published.
    """
    length = timing().shortened(period)
    end = math.floor(now / length)
    statistic = Statistic(metric.namespace, metric.name, metric.dimensions, metric.statistic)

    def look() -> list[float | None]:
        slots: list[list[dict[str, Any]]] = [[] for _ in range(count)]
        for point in statistic.points((end - count) * length, end * length):
            slots[min(math.floor(point["Timestamp"] / length) - (end - count), count - 1)].append(point)
        return [statistic.of(slot) for slot in slots]

    return ask_event_loop(look)
