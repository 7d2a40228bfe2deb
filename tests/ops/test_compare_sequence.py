"""The sequential test: right often enough under every look, and decided where there is a difference."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.compare.sequence import IndependentDifference, Interval, MeanSequence, PairedDifference
from tests.ops.conftest import repeatable

ALPHA = 0.05
RUNS = 200

Draw = Callable[[random.Random], float]


def yes(probability: float) -> Draw:
    """A request of one instance: right or wrong."""
    return lambda source: float(source.random() < probability)


def of_five(probability: float) -> Draw:
    """A request of five instances: the share of them that is right."""
    return lambda source: sum(source.random() < probability for _ in range(5)) / 5


def rare(source: random.Random) -> float:
    """Seldom anything: what an interval that trusts a small variance is wrong about."""
    return float(source.random() < 0.02)


def verdict(seed: int, champion: Draw, challenger: Draw, share: float, requests: int) -> tuple[str, int]:
    """The first verdict of one experiment that is looked at after every request, and after how many it came."""
    source, difference = repeatable(seed), IndependentDifference(ALPHA)
    for number in range(1, requests + 1):
        if source.random() < share:
            difference.challenger.add(challenger(source))
        else:
            difference.champion.add(champion(source))
        if difference.interval.low > 0:
            return "better", number
        if difference.interval.high < 0:
            return "worse", number
    return "not yet", requests


@pytest.mark.parametrize("draw", [yes(0.5), yes(0.9), of_five(0.8), rare], ids=["half", "most", "several", "rare"])
@pytest.mark.parametrize("share", [0.5, 0.1])
def should_err_no_more_often_than_alpha_over_all_looks(draw: Draw, share: float) -> None:
    wrong = [seed for seed in range(RUNS) if verdict(seed, draw, draw, share, 800)[0] != "not yet"]
    assert len(wrong) <= ALPHA * RUNS


def should_be_told_from_a_test_that_may_be_read_once_only() -> None:
    """The experiments above do catch a test that errs by being read too often: the usual one, after every request."""
    wrong = 0
    for seed in range(RUNS):
        source, sums = repeatable(seed), [0.0, 0.0]
        for number in range(1, 401):
            for arm in (0, 1):
                sums[arm] += source.random() < 0.5
            deviation = math.sqrt(2 * 0.25 * number)
            if number > 30 and abs(sums[0] - sums[1]) > 1.96 * deviation:
                wrong += 1
                break
    assert wrong > 2 * ALPHA * RUNS


@pytest.mark.parametrize(("draw", "mean"), [(yes(0.5), 0.5), (yes(0.03), 0.03), (of_five(0.8), 0.8)])
def should_hold_the_mean_at_all_times_at_once(draw: Draw, mean: float) -> None:
    missed = 0
    for seed in range(RUNS):
        source, sequence = repeatable(seed), MeanSequence(ALPHA)
        for _ in range(600):
            sequence.add(draw(source))
        # Intervals only ever narrow, so what the last one holds all of them held.
        missed += not sequence.interval.low <= mean <= sequence.interval.high
    assert missed <= ALPHA * RUNS


@pytest.mark.parametrize(
    ("champion", "challenger", "share", "expected"),
    [
        (yes(0.70), yes(0.85), 0.5, "better"),
        (yes(0.85), yes(0.70), 0.5, "worse"),
        (yes(0.70), yes(0.85), 0.1, "better"),
        (of_five(0.80), of_five(0.88), 0.5, "better"),
    ],
)
def should_decide_where_there_is_a_difference(champion: Draw, challenger: Draw, share: float, expected: str) -> None:
    found = [verdict(seed, champion, challenger, share, 8000) for seed in range(30)]
    assert {said for said, _ in found} == {expected}
    # No verdict may cost so much that nobody waits for it.
    assert sorted(number for _, number in found)[15] < 2000


def should_decide_sooner_on_the_same_requests() -> None:
    """Pairs have what varies from request to request in common."""
    source, pairs, apart = repeatable(1), PairedDifference(ALPHA), IndependentDifference(ALPHA)
    decided: dict[str, int] = {}
    for number in range(1, 4001):
        hard = source.random() < 0.4
        one, other = float(not hard), float(not hard or source.random() < 0.25)
        pairs.add(one, other)
        apart.champion.add(one)
        apart.challenger.add(other)
        for name, difference in (("pairs", pairs), ("apart", apart)):
            if difference.interval.low > 0:
                decided.setdefault(name, number)
    assert decided["pairs"] < decided["apart"]


def should_err_no_more_often_than_alpha_on_pairs() -> None:
    wrong = 0
    for seed in range(RUNS):
        source, pairs = repeatable(seed), PairedDifference(ALPHA)
        said = False
        for _ in range(600):
            pairs.add(yes(0.7)(source), yes(0.7)(source))
            said |= pairs.interval.low > 0 or pairs.interval.high < 0
        wrong += said
    assert wrong <= ALPHA * RUNS


def should_be_the_papers_interval() -> None:
    """Theorem 2, written out for three scores."""
    scores, log = [1.0, 0.0, 1.0], math.log(2 / ALPHA)
    means = [(0.5 + sum(scores[:t])) / (t + 1) for t in range(4)]
    squares = [0.25 + sum((scores[i] - means[i + 1]) ** 2 for i in range(t)) for t in range(4)]
    bets = [min(math.sqrt(2 * log / (squares[t - 1] / t * t * math.log(1 + t))), 0.5) for t in (1, 2, 3)]
    penalty = sum(
        4 * (x - mean) ** 2 * (-math.log(1 - bet) - bet) / 4 for x, mean, bet in zip(scores, means, bets, strict=False)
    )
    centre = sum(bet * x for bet, x in zip(bets, scores, strict=True)) / sum(bets)
    radius = (log + penalty) / sum(bets)
    sequence = MeanSequence(ALPHA)
    for score in scores:
        sequence.add(score)
    assert sequence.interval == Interval(max(0.0, centre - radius), min(1.0, centre + radius))
    many = MeanSequence(ALPHA)
    for _ in range(500):
        many.add(1.0)
    assert 0.9 < many.interval.low < 1 == many.interval.high


@given(st.lists(st.floats(0, 1), max_size=200), st.floats(0.001, 0.5))
def should_never_widen_and_stay_inside_the_range(scores: list[float], alpha: float) -> None:
    sequence, before = MeanSequence(alpha), Interval(0, 1)
    for score in scores:
        sequence.add(score)
        now = sequence.interval
        assert before.low <= now.low <= now.high <= before.high
        before = now
    assert sequence.count == len(scores)


@pytest.mark.parametrize("score", [-0.01, 1.01, math.nan])
def should_refuse_a_score_that_is_not_bounded(score: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        MeanSequence(ALPHA).add(score)
