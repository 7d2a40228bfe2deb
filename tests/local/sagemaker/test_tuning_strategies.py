"""Ranges, scales and search strategies of tuning jobs, without a cloud."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.sagemaker.errors import ApiError
from local.sagemaker.tuning_ranges import Range, point_of, ranges_of, texts
from local.sagemaker.tuning_strategies import Rungs, Strategy, is_below_median, strategy

Json = dict[str, Any]
DEPTH = Range("max_depth", "Integer", 3, 9)
ETA = Range("eta", "Continuous", 0.001, 1.0, "Logarithmic")
RATE = Range("subsample", "Continuous", 0.5, 0.999, "ReverseLogarithmic")
BOOSTER = Range("booster", "Categorical", values=("gbtree", "dart"))


def should_stretch_the_small_values_of_a_logarithmic_scale() -> None:
    assert float(ETA.text(0.5)) == pytest.approx(math.sqrt(0.001))


def should_stretch_the_values_near_one_of_a_reverse_logarithmic_scale() -> None:
    assert 1 - float(RATE.text(0.5)) == pytest.approx(math.sqrt(0.5 * 0.001))


@given(st.floats(0, 1), st.sampled_from([DEPTH, ETA, RATE, BOOSTER]))
def should_give_values_within_their_range_and_find_their_place_again(position: float, one: Range) -> None:
    text = one.text(position)
    if one.values:
        assert text in one.values
    else:
        assert one.least <= float(text) <= one.most
    assert one.text(one.position(text)) == text or one.kind == "Continuous"
    if one.kind == "Continuous":
        assert float(one.text(one.position(text))) == pytest.approx(float(text))


def should_give_integers_as_integers() -> None:
    assert {DEPTH.text(n / 100) for n in range(101)} == {str(n) for n in range(3, 10)}


def should_not_place_values_of_another_range() -> None:
    ranges = (DEPTH, BOOSTER)
    assert point_of(ranges, {"max_depth": "6", "booster": "dart"}) is not None
    assert point_of(ranges, {"max_depth": "12", "booster": "dart"}) is None
    assert point_of(ranges, {"max_depth": "6", "booster": "gblinear"}) is None
    assert point_of(ranges, {"max_depth": "6"}) is None


def _numeric(**changes: str) -> Json:
    return {"Name": "eta", "MinValue": "0", "MaxValue": "1", **changes}


@pytest.mark.parametrize(
    ("ranges", "reason"),
    [
        ({}, "at least one hyperparameter range"),
        ({"ContinuousParameterRanges": [_numeric(ScalingType="Logarithmic")]}, "MinValue above 0"),
        ({"ContinuousParameterRanges": [_numeric(ScalingType="ReverseLogarithmic")]}, "0 <= x < 1"),
        ({"IntegerParameterRanges": [_numeric(MaxValue="0.5")]}, "must be numbers of that kind"),
        ({"ContinuousParameterRanges": [_numeric(MinValue="2")]}, "MinValue 2 is above MaxValue 1"),
        ({"ContinuousParameterRanges": [_numeric(), _numeric()]}, "one range: eta, eta"),
        ({"AutoParameters": [{"Name": "a", "ValueHint": "1"}]}, "AutoParameters"),
    ],
)
def should_refuse_a_range_that_makes_no_sense(ranges: Json, reason: str) -> None:
    with pytest.raises(ApiError, match=reason):
        ranges_of(ranges)


def should_take_the_automatic_scale_as_linear() -> None:
    (found,) = ranges_of({"ContinuousParameterRanges": [_numeric(ScalingType="Auto")]})
    assert found.scale == "Linear"


def should_try_each_combination_of_a_grid_once() -> None:
    ranges = (BOOSTER, Range("depth", "Categorical", values=("3", "6", "9")))
    grid = strategy("Grid", ranges, 0)
    tried = []
    while point := grid.next_point({}, []):
        tried.append(tuple(texts(ranges, point).values()))
    assert sorted(tried) == sorted((a, b) for a in ("gbtree", "dart") for b in ("3", "6", "9"))


def _best_of(search: Strategy, tries: int) -> float:
    results: dict[tuple[float, ...], float] = {}
    for _ in range(tries):
        point = search.next_point(results, [])
        assert point
        results[point] = -sum((x - goal) ** 2 for x, goal in zip(point, (0.3, 0.8), strict=True))
    return max(results.values())


def should_find_better_points_by_a_model_than_by_chance() -> None:
    ranges = (Range("x", "Continuous"), Range("y", "Continuous"))
    by_model = [_best_of(strategy("Bayesian", ranges, seed), 15) for seed in range(10)]
    by_chance = [_best_of(strategy("Random", ranges, seed), 15) for seed in range(10)]
    assert sum(by_model) > sum(by_chance) / 5, "ten times nearer by the sum of squares, at least five"


def should_choose_the_same_points_with_the_same_seed() -> None:
    one, two = (strategy("Random", (ETA, DEPTH), 7) for _ in range(2))
    assert [one.next_point({}, []) for _ in range(3)] == [two.next_point({}, []) for _ in range(3)]


def should_not_try_what_is_under_way() -> None:
    ranges = (Range("x", "Continuous"),)
    results: dict[tuple[float, ...], float] = {(0.1,): 0.0, (0.5,): 1.0, (0.9,): 0.0}
    first = strategy("Bayesian", ranges, 1).next_point(results, [])
    assert first
    second = strategy("Bayesian", ranges, 1).next_point(results, [first])
    assert second
    assert abs(first[0] - second[0]) > 0.05


def should_end_a_job_below_the_median_of_the_running_averages() -> None:
    earlier = [[0.5, 0.7], [0.4, 0.6], [0.6, 0.8]]
    assert is_below_median([0.5, 0.5], earlier)
    assert not is_below_median([0.5, 0.7], earlier)


def should_judge_nothing_before_three_jobs_came_as_far() -> None:
    assert not is_below_median([0.0], [[0.5], [0.6]])
    assert not is_below_median([0.0, 0.0], [[0.5], [0.6], [0.7, 0.8]])


def should_let_the_best_third_of_each_rung_go_on() -> None:
    rungs = Rungs(1, 9)
    assert [rungs.goes_on(1, value) for value in (0.5, 0.4, 0.6, 0.3)] == [True, False, True, False]
    assert rungs.goes_on(2, 0.0), "between two rungs nothing is decided"
    assert not rungs.goes_on(9, 1.0), "nobody is given more than the most"
