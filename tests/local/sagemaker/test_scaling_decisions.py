"""What the scaling policies of an endpoint variant decide, and when schedules are due."""

from __future__ import annotations

import datetime as dt
import math
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.sagemaker.autoscaling import schedules, steps, tracking
from local.sagemaker.errors import ApiError

_TARGET = 10.0


def _high(*values: float | None) -> str:
    return tracking.alarm_state(values, tracking.HIGH_DATAPOINTS, lambda value: value > _TARGET)[0]


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ((0.0, 11.0, 12.0, 13.0), "ALARM"),
        ((11.0, 12.0, 13.0, None), "ALARM"),  # the newest period is not published yet
        ((20.0, 20.0, 10.0, 20.0), "OK"),  # the target itself is no breach
        ((20.0, None, 20.0, 20.0), "OK"),  # two datapoints are too few
        ((None, 11.0, 12.0, None), "OK"),
        ((None, None, None, None), "INSUFFICIENT_DATA"),
    ],
)
def should_alarm_when_all_its_datapoints_breach(values: tuple[float | None, ...], state: str) -> None:
    assert _high(*values) == state


def should_see_low_load_after_fifteen_datapoints_below_nine_tenths_of_the_target() -> None:
    assert tracking.read([0.0] * 4, [8.9] * 16, _TARGET).low == "ALARM"
    assert tracking.read([0.0] * 4, [9.0] * 16, _TARGET).low == "OK"
    assert tracking.read([0.0] * 4, [None] * 2 + [1.0] * 14, _TARGET).low == "OK"


def should_scale_out_in_proportion_to_the_newest_datapoint() -> None:
    assert tracking.wanted_out(2, _TARGET, [90.0, 11.0, 25.0]) == 5
    assert tracking.wanted_out(3, 0.7, [2.1]) == 9
    assert tracking.wanted_out(0, _TARGET, [25.0]) == 3  # a backlog of 25 that nobody works on


def should_scale_in_no_further_than_the_highest_datapoint_allows() -> None:
    assert tracking.wanted_in(8, _TARGET, [1.0, 5.0, 2.0]) == 4
    assert tracking.wanted_in(2, _TARGET, [8.9]) == 2
    assert tracking.wanted_in(1, _TARGET, [0.0]) == 0


@given(st.integers(1, 1000), st.floats(0.1, 1e4), st.lists(st.floats(0, 1e5), min_size=1, max_size=15))
def should_serve_every_datapoint_within_the_target_after_scaling(
    capacity: int, target: float, values: list[float]
) -> None:
    wanted = tracking.wanted_in(capacity, target, values)
    assert wanted * target >= capacity * max(values) * (1 - 1e-6) - 1e-6 * target
    assert (wanted - 1) * target <= capacity * max(values) * (1 + 1e-6)


def _steps(kind: str, *bounded: tuple[float | None, float | None, int], least: int | None = None) -> dict[str, Any]:
    adjustments = [
        {
            **({} if low is None else {"MetricIntervalLowerBound": low}),
            **({} if high is None else {"MetricIntervalUpperBound": high}),
            "ScalingAdjustment": adjustment,
        }
        for low, high, adjustment in bounded
    ]
    magnitude = {} if least is None else {"MinAdjustmentMagnitude": least}
    return {"AdjustmentType": kind, "StepAdjustments": adjustments, **magnitude}


def should_take_the_step_that_holds_the_breach() -> None:
    up = _steps("ChangeInCapacity", (0.0, 10.0, 1), (10.0, None, 3))
    assert [steps.wanted(up, 2, breach) for breach in (0.0, 9.9, 10.0)] == [3, 3, 5]
    assert steps.wanted(up, 2, -1.0) is None
    down = _steps("ChangeInCapacity", (-10.0, 0.0, -1), (None, -10.0, -3))
    assert [steps.wanted(down, 2, breach) for breach in (-1.0, -9.9, -10.0)] == [1, 1, 0]


@pytest.mark.parametrize(
    ("capacity", "percent", "least", "wanted"),
    [(10, 10, None, 11), (10, 1, None, 11), (10, -1, None, 9), (10, 25, None, 12), (10, -67, None, 4), (4, 25, 2, 6),
     (0, 50, None, 0)],
)  # fmt: skip
def should_round_percentages_towards_zero_but_not_to_it(
    capacity: int, percent: int, least: int | None, wanted: int
) -> None:
    given_steps = _steps("PercentChangeInCapacity", (0.0, None, percent), least=least)
    assert steps.wanted(given_steps, capacity, 1.0) == wanted


def should_set_an_exact_capacity() -> None:
    assert steps.wanted(_steps("ExactCapacity", (0.0, None, 4)), 1, 0.0) == 4


def _at(text: str, zone: dt.tzinfo = dt.UTC) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "due"),
    [
        ("at(2026-03-01T08:00:00)", None, "2026-02-01T00:00:00", "2026-03-01T08:00:00"),
        ("at(2026-03-01T08:00:00)", "Asia/Tokyo", "2026-02-01T00:00:00", "2026-02-28T23:00:00"),
        ("at(2026-03-01T08:00:00)", None, "2026-03-01T08:00:00", None),
        ("rate(5 minutes)", None, "2026-01-01T00:07:00", "2026-01-01T00:10:00"),
        ("rate(1 hour)", None, "2026-01-01T00:00:00", "2026-01-01T01:00:00"),
        ("cron(0 19 ? * MON-FRI *)", None, "2026-01-02T19:00:00", "2026-01-05T19:00:00"),
        # London is an hour ahead of UTC in July, and the clocks go forward on 29 March.
        ("cron(0 19 ? * MON-FRI *)", "Europe/London", "2026-07-01T00:00:00", "2026-07-01T18:00:00"),
        ("cron(0 7 * * ? *)", "Europe/London", "2026-03-28T12:00:00", "2026-03-29T06:00:00"),
        ("cron(0 0 L * ? *)", None, "2026-02-01T00:00:00", "2026-02-28T00:00:00"),
    ],
)
def should_know_when_a_schedule_is_due(schedule: str, zone: str | None, after: str, due: str | None) -> None:
    found = schedules.next_time(schedule, zone, created=_at("2026-01-01T00:00:00"), after=_at(after))
    assert found == (None if due is None else _at(due))


@given(st.integers(1, 500), st.floats(0, 1e8))
def should_repeat_a_rate_at_even_intervals_after_the_action_was_made(minutes: int, elapsed: float) -> None:
    created = 1_700_000_000.0
    due = schedules.next_time(f"rate({minutes} minutes)", None, created=created, after=created + elapsed)
    assert due is not None
    assert created + elapsed < due <= created + elapsed + minutes * 60 + 1e-3
    assert math.isclose((due - created) % (minutes * 60), 0, abs_tol=1e-3)


@pytest.mark.parametrize("schedule", ["every day", "cron(0 19 * * MON-FRI *)", "cron(0 19)", "rate(0 minutes)", ""])
def should_refuse_a_schedule_that_is_none(schedule: str) -> None:
    with pytest.raises(ApiError, match="none of at") as refused:
        schedules.next_time(schedule, None, created=0.0, after=0.0)
    assert schedule in str(refused.value)


@pytest.mark.parametrize("fields", ["0 19-7 ? * * *", "0 0 ? * FRI-MON *", "0 0 31 FEB ? *"])
def should_refuse_a_recurring_schedule_that_never_comes(fields: str) -> None:
    with pytest.raises(ApiError, match="never comes"):
        schedules.check(f"cron({fields})", None)
    schedules.check("cron(0 19 ? * MON-FRI *)", "Europe/London")
    schedules.check("cron(0 0 1 1 ? 2190)", None)
    schedules.check("at(2026-01-01T00:00:00)", None)


def should_refuse_a_time_zone_that_is_none() -> None:
    with pytest.raises(ApiError, match=r"Timezone Europe/Nowhere .* such as Europe/London"):
        schedules.next_time("rate(1 day)", "Europe/Nowhere", created=0.0, after=0.0)


def should_heed_the_start_and_end_of_a_scheduled_action() -> None:
    action = SimpleNamespace(start_time=10.0, end_time=None)
    assert not schedules.is_active(action, 9.0)
    assert schedules.is_active(action, 10.0)
    assert not schedules.is_active(SimpleNamespace(start_time=None, end_time=20.0), 21.0)
