"""Step scaling: the new capacity for a breach of an alarm.

Source: Application Auto Scaling user guide, "How step scaling for Application Auto Scaling works".
"""

import math
from collections.abc import Mapping
from typing import Any

DEFAULT_COOLDOWN_SECONDS = 300.0


def wanted(configuration: Mapping[str, Any], capacity: int, breach: float) -> int | None:
    """Return the capacity that the policy wants instead of `capacity`; None where no step has this breach.

    `breach` is the metric's value less the alarm's threshold.
    """
    for step in configuration.get("StepAdjustments") or []:
        if _holds(step, breach):
            return max(0, _adjusted(configuration, capacity, int(step["ScalingAdjustment"])))
    return None


def _holds(step: Mapping[str, Any], breach: float) -> bool:
    """The bound nearer to the threshold belongs to a step, the other one to the next."""
    lower = float(step.get("MetricIntervalLowerBound", -math.inf))
    upper = float(step.get("MetricIntervalUpperBound", math.inf))
    return lower <= breach < upper if breach >= 0 else lower < breach <= upper


def _adjusted(configuration: Mapping[str, Any], capacity: int, adjustment: int) -> int:
    kind = configuration.get("AdjustmentType")
    if kind == "ExactCapacity":
        return adjustment
    if kind == "ChangeInCapacity":
        return capacity + adjustment
    change = capacity * adjustment / 100
    # Percentages are rounded towards zero, but never to it.
    rounded = math.trunc(change) if abs(change) > 1 else math.copysign(1, change) if change else 0
    least = int(configuration.get("MinAdjustmentMagnitude") or 0)
    return capacity + int(math.copysign(max(abs(rounded), least), change))
