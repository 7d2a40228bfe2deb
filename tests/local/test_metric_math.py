"""Metric math of alarms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.hooks.alarm_math import of_queries, require_period, require_statistic
from local.hooks.metric_math import Expression, UnsupportedMathError

_METRICS = {"m1": 4.0, "m2": 2.0, "gone": None}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("MAX(METRICS())", 4.0),
        ("min([m1, m2])", 2.0),
        ("AVG(METRICS())", 3.0),
        ('SUM(METRICS("m"))', 6.0),
        ("m1 / m2 * 100", 200.0),
        ("-m1 + 1", -3.0),
        ("m1 / (m2 - 2)", None),
        ("m1 + gone", None),
        ("FILL(gone, 0) + m1", 4.0),
        ("SUM(FILL(METRICS(), 1))", 7.0),
        ("MAX([gone])", None),
        ("MAX([m1 / 2, m2 * 3])", 6.0),
    ],
)
def should_compute(text: str, value: float | None) -> None:
    assert Expression(text).value(_METRICS) == value


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.none() | st.floats(-1e6, 1e6), min_size=1))
def should_take_the_largest_of_what_is_there(values: dict[str, float | None]) -> None:
    there = [value for value in values.values() if value is not None]
    assert Expression("MAX(METRICS())").value(values) == max(there, default=None)


@pytest.mark.filterwarnings("ignore")  # of Python's about odd numbers
@given(st.text() | st.text("m12()+-*/[], MAXETRICS"))
def should_refuse_or_read_any_text(text: str) -> None:
    try:
        Expression(text).value(_METRICS)
    except UnsupportedMathError as error:
        assert "is not supported by the local cloud" in str(error)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("ANOMALY_DETECTION_BAND(m1)", "ANOMALY_DETECTION_BAND(m1)"),
        ("MAX(m1)", "MAX(m1)"),
        ("METRICS()", "several time series"),
        ("METRICS() / 2", "several time series"),
        ("FILL(m1, REPEAT)", "FILL(m1, REPEAT)"),
        ("m1 > 3", "m1 > 3"),
        ("m1 +", "syntax"),
        ("__import__('os')", "__import__"),
    ],
)
def should_refuse_math_that_it_cannot_compute(text: str, named: str) -> None:
    with pytest.raises(UnsupportedMathError) as refused:
        Expression(text)
    assert repr(text) in str(refused.value) and named in str(refused.value)


def _stat(name: str, period: int = 60) -> dict[str, object]:
    metric = {"Namespace": "AWS/SageMaker", "MetricName": "Invocations", "Dimensions": []}
    return {
        "Id": name,
        "ReturnData": False,
        "MetricStat": {"Metric": metric, "Period": period, "Stat": "Sum"},
    }


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        ([_stat("a"), _stat("b")], "Exactly one"),
        ([_stat("a"), {"Id": "x", "Expression": "a + c"}], "names c: no metric has that Id"),
        ([_stat("a"), _stat("b", 30), {"Id": "x", "Expression": "a + b"}], "one for all"),
        ([_stat("a"), _stat("a"), {"Id": "x", "Expression": "a"}], "must be unique"),
        ([_stat("A")], "must be unique, begin with a lower-case letter"),
        (
            [_stat("a"), {"Id": "x", "Expression": "y", "ReturnData": False}, {"Id": "y", "Expression": "x + a"}],
            "made of itself",
        ),
        ([{**_stat("a"), "AccountId": "1"}], "AccountId is not supported"),
    ],
)
def should_name_what_is_wrong_with_an_alarms_metrics(queries: list[dict[str, object]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        of_queries(queries)


def should_compute_expressions_of_expressions() -> None:
    queries = [_stat("a"), {"Id": "x", "Expression": "a * 2", "ReturnData": False}, {"Id": "y", "Expression": "x + 1"}]
    watched = of_queries(queries)  # type: ignore[arg-type]
    assert watched.value({"a": [{"Value": 5.0}]}) == 11.0


def should_know_percentiles_and_whole_periods() -> None:
    assert [require_statistic(name) for name in ("p99", "p99.9", "Average")] == ["p99", "p99.9", "Average"]
    with pytest.raises(ValueError, match="'tm99' is not supported"):
        require_statistic("tm99")
    assert [require_period(given) for given in (10, "60", 300)] == [10, 60, 300]
    with pytest.raises(ValueError, match="period 90 is not valid"):
        require_period(90)
