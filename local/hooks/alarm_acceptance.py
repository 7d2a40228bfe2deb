"""Alarms as they are put, by the API or by a template: one that would not be evaluated as it says is refused.

MiniStack takes any; what is here of an alarm over metric math, it does not know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from local.hooks import alarm_math, internals
from local.hooks.alarm_evaluation import COMPARISONS

Alarm = dict[str, Any]
Record = Mapping[str, Any]

_cloudwatch = internals.module("services.cloudwatch")
_provisioners = internals.module("services.cloudformation.provisioners")


def _checked(given: Mapping[str, Any]) -> None:
    """ValueError, with what is wrong or not supported, for an alarm that would not be evaluated as it says."""
    metrics = given.get("Metrics")
    if metrics and given.get("MetricName"):
        raise ValueError("An alarm has either MetricName or Metrics, not both.")
    if given.get("ComparisonOperator") not in COMPARISONS or given.get("ThresholdMetricId"):
        raise ValueError(
            f"ComparisonOperator {given.get('ComparisonOperator')} with ThresholdMetricId "
            f"{given.get('ThresholdMetricId')} is not supported by the local cloud. Use {', '.join(COMPARISONS)} "
            "and Threshold."
        )
    if given.get("EvaluateLowSampleCountPercentile") == "ignore":
        raise ValueError("EvaluateLowSampleCountPercentile ignore is not supported by the local cloud. Use evaluate.")
    if int(given.get("DatapointsToAlarm") or 1) > int(given.get("EvaluationPeriods") or 1):
        raise ValueError("DatapointsToAlarm must not exceed EvaluationPeriods.")
    if metrics:
        alarm_math.of_queries(metrics)
        return
    if given.get("Statistic") and given.get("ExtendedStatistic"):
        raise ValueError("An alarm has either Statistic or ExtendedStatistic, not both.")
    alarm_math.require_statistic(str(given.get("ExtendedStatistic") or given.get("Statistic") or "Average"))
    alarm_math.require_period(given.get("Period") or 60)


def _as_math(alarm: Alarm, metrics: Sequence[Mapping[str, Any]]) -> None:
    """Make a stored alarm one over metric math; MiniStack fills in what an alarm of one metric has."""
    for name in ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit"):
        alarm.pop(name, None)
    alarm["Metrics"] = [_as_in_the_api(metric) for metric in metrics]


def _as_in_the_api(metric: Mapping[str, Any]) -> dict[str, Any]:
    """Templates may give numbers and booleans as strings."""
    result = {**metric, "ReturnData": str(metric.get("ReturnData", True)).lower() == "true"}
    if "MetricStat" in metric:
        result["MetricStat"] = {**metric["MetricStat"], "Period": int(metric["MetricStat"]["Period"])}
    return result


class _OfOneMetric:
    """A template's properties of an alarm over metric math, read as if it had a metric of its own.

    Reading goes on to the given properties, which note what was read of them.
    """

    def __init__(self, properties: Mapping[str, Any]) -> None:
        self._properties = properties

    def get(self, name: str, default: Any = None) -> Any:
        if name == "Metrics":
            return None
        return "Metrics" if name in ("MetricName", "Namespace") else self._properties.get(name, default)

    def __getitem__(self, name: str) -> Any:
        return self._properties[name]


def _install() -> None:
    put, record = _cloudwatch._put_metric_alarm, _provisioners._cw_metric_alarm_record

    def put_metric_alarm(params: Record, data: Record, is_cbor: bool, is_json: bool = False) -> Any:
        try:
            if any(name.startswith("Metrics.member.") for name in params):
                raise ValueError("Metrics in the query protocol is not supported by the local cloud. Use a newer SDK.")
            if is_cbor or is_json:
                _checked(data)
        except (ValueError, LookupError) as error:
            return _cloudwatch._error("ValidationError", str(error), 400, use_json=is_json, use_cbor=is_cbor)
        answer = put(params, data, is_cbor, is_json)
        if answer[0] == 200 and data.get("Metrics"):
            _as_math(_cloudwatch._alarms[data["AlarmName"]], data["Metrics"])
        return answer

    def metric_alarm_record(name: str, properties: Any) -> Alarm:
        metrics = properties.get("Metrics")
        alarm: Alarm = record(name, _OfOneMetric(properties) if metrics else properties)
        _checked({**alarm, "MetricName": properties.get("MetricName"), "Metrics": metrics, "Statistic": None})
        if metrics:
            _as_math(alarm, metrics)
        return alarm

    _cloudwatch._put_metric_alarm = put_metric_alarm
    _provisioners._cw_metric_alarm_record = metric_alarm_record


_install()
