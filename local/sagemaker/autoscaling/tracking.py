"""Target tracking: the states of the two alarms that AWS makes for a policy, and the capacity that it wants.

Source: Application Auto Scaling user guide, "How target tracking scaling works".
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Values = Sequence[float | None]
DEFAULT_COOLDOWN_SECONDS = 300.0
HIGH_DATAPOINTS = 3
LOW_DATAPOINTS = 15
# Between this share of the target and the target nothing happens.
_LOW_SHARE = 0.9


def alarm_state(values: Values, datapoints: int, breaches: Callable[[float], bool]) -> tuple[str, list[float]]:
    """Return the state of an alarm on `datapoints` out of as many, and the values that it is about.

    `values` has one more, the newest last: the newest period may not have been published yet.
    """
    looked_at = values[-datapoints:] if values[-1] is not None else values[-datapoints - 1 : -1]
    present = [value for value in looked_at if value is not None]
    if not present:
        return "INSUFFICIENT_DATA", []
    complete = len(present) == datapoints
    return ("ALARM" if complete and all(map(breaches, present)) else "OK"), present


@dataclass(frozen=True)
class Reading:
    """What a policy's metric says now: the states of its two alarms and the values that they looked at."""

    high: str
    high_values: Sequence[float]
    low: str
    low_values: Sequence[float]


def read(high: Values, low: Values, target: float) -> Reading:
    """Return the states of a policy's alarms for the values of their last periods."""
    return Reading(
        *alarm_state(high, HIGH_DATAPOINTS, lambda value: value > target),
        *alarm_state(low, LOW_DATAPOINTS, lambda value: value < low_threshold(target)),
    )


def low_threshold(target: float) -> float:
    """Return below which value the low alarm is in ALARM."""
    return target * _LOW_SHARE


def wanted_out(capacity: int, target: float, values: Sequence[float]) -> int:
    """Return the capacity that brings the newest value to the target.

    Without an instance the backlog of an asynchronous endpoint counts as if there were one.
    """
    return _proportional(max(capacity, 1), values[-1] / target)


def wanted_in(capacity: int, target: float, values: Sequence[float]) -> int:
    """Return the capacity for the highest value that the low alarm looked at: what went in is rarely needed back."""
    return _proportional(capacity, max(values) / target)


def _proportional(capacity: int, ratio: float) -> int:
    # Without the last digits of a quotient: 3 * (2.1 / 0.7) is 9 instances and not 10.
    return math.ceil(round(capacity * ratio, 9))
