"""What an alarm watches: a statistic of one metric, or metric math over several."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.hooks.metric_data import Statistic
from local.hooks.metric_math import Expression, UnsupportedMathError, is_identifier

Record = Mapping[str, Any]
Points = dict[str, list[dict[str, Any]]]

_STATISTICS = frozenset({"SampleCount", "Average", "Sum", "Minimum", "Maximum"})
_PERCENTILE = re.compile(r"p(100|\d{1,2}(\.\d{1,10})?)")
_MEMBERS = frozenset({"Id", "MetricStat", "Expression", "Label", "ReturnData", "Period"})
_HIGH_RESOLUTION = (10, 20, 30)


@dataclass(frozen=True)
class Watched:
    """Metrics by id, expressions by id, and which of them is the alarm's; `period` is theirs, in seconds."""

    metrics: Mapping[str, Statistic]
    expressions: Mapping[str, Expression]
    result: str
    period: int

    def stored(self) -> tuple[int, ...]:
        """How many points there are of each metric, of any time."""
        return tuple(statistic.stored() for statistic in self.metrics.values())

    def points(self, start: float, end: float) -> Points:
        """What was published of each metric within the time."""
        return {name: statistic.points(start, end) for name, statistic in self.metrics.items()}

    def value(self, points: Points) -> float | None:
        """The result for these points of one period; None where there is none."""
        known = {name: statistic.of(points[name]) for name, statistic in self.metrics.items()}
        return self._value(self.result, known)

    def _value(self, name: str, known: Mapping[str, float | None]) -> float | None:
        if name in known:
            return known[name]
        expression = self.expressions[name]
        others = {other: self._value(other, known) for other in expression.identifiers & self.expressions.keys()}
        return expression.value(known, others)


def of_alarm(alarm: Record) -> Watched | None:
    """What a stored alarm watches; None where it is not complete yet. ValueError where it cannot be evaluated."""
    if alarm.get("Metrics"):
        return of_queries(alarm["Metrics"])
    if not alarm.get("MetricName") or not alarm.get("Namespace"):
        return None
    name = str(alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average")
    metric = Statistic(
        alarm["Namespace"],
        alarm["MetricName"],
        _dimensions(alarm.get("Dimensions")),
        require_statistic(name),
        alarm.get("Unit"),
    )
    return Watched({"m": metric}, {}, "m", require_period(alarm["Period"]))


def of_queries(queries: Sequence[Record]) -> Watched:
    """What the member Metrics of PutMetricAlarm describes; ValueError that names what is wrong or not supported."""
    metrics: dict[str, Statistic] = {}
    expressions: dict[str, Expression] = {}
    periods: set[int] = set()
    for query in queries:
        name = _identifier(query, {*metrics, *expressions})
        if query.get("Expression"):
            expressions[name] = Expression(str(query["Expression"]))
        else:
            metrics[name] = _statistic(name, query["MetricStat"])
            periods.add(require_period(query["MetricStat"]["Period"]))
    if len(periods) != 1:
        raise UnsupportedMathError(f"Metrics with the periods {sorted(periods)}: the local cloud needs one for all.")
    results = [str(query["Id"]) for query in queries if str(query.get("ReturnData", True)).lower() == "true"]
    if len(results) != 1:
        raise ValueError(f"Exactly one of the alarm's Metrics must have ReturnData true, not {results}.")
    _require_known(metrics, expressions)
    return Watched(metrics, expressions, results[0], periods.pop())


def require_statistic(name: str) -> str:
    """Return the statistic's name; ValueError where the local cloud does not compute it."""
    if name not in _STATISTICS and not _PERCENTILE.fullmatch(name):
        raise ValueError(
            f"The statistic {name!r} is not supported by the local cloud. Use {', '.join(sorted(_STATISTICS))} or a "
            "percentile such as p99."
        )
    return name


def require_period(given: Any) -> int:
    """Return a period in seconds; ValueError for one that CloudWatch does not have."""
    period = int(given)
    if period not in _HIGH_RESOLUTION and (period < 60 or period % 60):
        raise ValueError(f"The period {period} is not valid. Use 10, 20, 30 or a multiple of 60 seconds.")
    return period


def _identifier(query: Record, taken: set[str]) -> str:
    name = str(query.get("Id", ""))
    if unknown := sorted(set(query) - _MEMBERS):
        raise ValueError(f"Metrics, {name!r}: {', '.join(unknown)} is not supported by the local cloud.")
    if not is_identifier(name) or name in taken:
        raise ValueError(f"Metrics: the Id {name!r} must be unique, begin with a lower-case letter and go on in \\w.")
    if bool(query.get("Expression")) == bool(query.get("MetricStat")):
        raise ValueError(f"Metrics, {name!r}: give either Expression or MetricStat.")
    return name


def _statistic(name: str, given: Record) -> Statistic:
    metric = given["Metric"]
    for member in ("Namespace", "MetricName"):
        if not metric.get(member):
            raise ValueError(f"Metrics, {name!r}: MetricStat.Metric needs {member}.")
    return Statistic(
        metric["Namespace"],
        metric["MetricName"],
        _dimensions(metric.get("Dimensions")),
        require_statistic(str(given["Stat"])),
        given.get("Unit"),
    )


def _dimensions(given: Sequence[Record] | None) -> dict[str, str]:
    return {str(dimension["Name"]): str(dimension["Value"]) for dimension in given or ()}


def _require_known(metrics: Mapping[str, Statistic], expressions: Mapping[str, Expression]) -> None:
    """Every id that an expression uses exists, and none is, by whatever way, made of itself."""
    for name, expression in expressions.items():
        if unknown := sorted(expression.identifiers - metrics.keys() - expressions.keys()):
            raise ValueError(f"The expression {expression.text!r} names {', '.join(unknown)}: no metric has that Id.")
        used, new = {name}, expression.identifiers & expressions.keys()
        while new:
            if name in new:
                raise ValueError(f"The expression {expression.text!r} ({name}) is made of itself.")
            used |= new
            new = {i for other in new for i in expressions[other].identifiers & expressions.keys()} - (used - {name})
