"""CloudWatch's metric data: what services of our own publish, and the statistics that alarms read."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.hooks import internals
from local.hooks.events import on_event_loop

_cloudwatch = internals.module("services.cloudwatch")

_EVICT_EVERY_SECONDS = 60.0


@dataclass(frozen=True)
class Datum:
    """Values of one metric at one time (epoch seconds): each key of `values` was seen as often as its value says."""

    name: str
    dimensions: Mapping[str, str]
    timestamp: float
    values: Mapping[float, float]
    unit: str = "None"


def put_metrics(namespace: str, data: Sequence[Datum]) -> None:
    """Publish metrics of an AWS service in the current account and region, from any thread."""

    def store() -> None:
        for datum in data:
            values, counts = list(datum.values), list(datum.values.values())
            dimensions = dict(datum.dimensions)
            _cloudwatch._store_datum(
                namespace, datum.name, dimensions, datum.timestamp, datum.unit, None, values, counts, None
            )
        _cloudwatch._evaluate_all_alarms()

    on_event_loop(store)


@dataclass(frozen=True)
class Statistic:
    """One statistic of one metric; `name` is such as Average or p99."""

    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    name: str
    unit: str | None = None

    def stored(self) -> int:
        """How many points there are of the metric, of any time."""
        return len(_cloudwatch._metrics.get(self._key()) or ())

    def _key(self) -> tuple[str, str, str]:
        return self.namespace, self.metric, _cloudwatch._dims_key(self.dimensions)

    def points(self, start: float, end: float) -> list[dict[str, Any]]:
        """What was published at or after `start` and before `end`; to be called on the event loop."""
        return [
            point
            for point in _cloudwatch._metrics.get(self._key()) or ()
            if start <= point["Timestamp"] < end and self.unit in (None, point["Unit"])
        ]

    def of(self, points: Sequence[dict[str, Any]]) -> float | None:
        """The statistic of these points; None where there is none."""
        basic = _cloudwatch._calc_stats(points)
        value = _cloudwatch._stat_value(basic, self.name, points) if basic else None
        return None if value is None else float(value)


def _install() -> None:
    """MiniStack looks through every point at every request for some that are two weeks old; once a minute will do."""
    original = _cloudwatch._evict_old_metrics
    next_time = 0.0

    def evict() -> None:
        nonlocal next_time
        if time.monotonic() >= next_time:
            next_time = time.monotonic() + _EVICT_EVERY_SECONDS
            original()

    _cloudwatch._evict_old_metrics = evict


_install()
