"""Confidence sequences: intervals that hold at all times at once, so that they may be read after every observation.

The empirical-Bernstein confidence sequence with predictable plug-in for the mean of scores in [0, 1]: theorem 2 of
I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", Journal of the Royal
Statistical Society B 86 (2024), https://doi.org/10.1093/jrsssb/qkad009. With probability 1 - alpha the mean lies
inside all of the intervals, whatever the distribution, for any number of looks and any reason to stop. It needs that
each score has the same mean given those before it, and no sample size to be fixed beforehand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# No single score may bet more than this: the paper's truncation of lambda, of which it recommends 1/2 or 3/4.
_MOST = 0.5


@dataclass(frozen=True)
class Interval:
    """Both ends belong to it."""

    low: float
    high: float


class MeanSequence:
    """The mean of scores in [0, 1], one by one. `interval` is never wider than it was before."""

    def __init__(self, alpha: float) -> None:
        self._log = math.log(2 / alpha)
        self._bets = self._weighted = self._penalty = 0.0
        self._sum = 0.5
        self._squares = 0.25
        self.count = 0
        self.total = 0.0
        self.interval = Interval(0.0, 1.0)

    @property
    def mean(self) -> float:
        """The scores' own mean; NaN before the first."""
        return self.total / self.count if self.count else math.nan

    def add(self, score: float) -> None:
        """Take one score into account. Raises ValueError where it is outside [0, 1]."""
        if not 0 <= score <= 1:
            raise ValueError(f"a score is from 0 to 1, not {score}")
        time = self.count + 1
        # All that the bet is made from is known before the score.
        guess, variance = self._sum / time, self._squares / time
        bet = min(math.sqrt(2 * self._log / (variance * time * math.log(1 + time))), _MOST)
        self._bets += bet
        self._weighted += bet * score
        self._penalty += (score - guess) ** 2 * (-math.log1p(-bet) - bet)
        self.count, self.total = time, self.total + score
        self._sum += score
        self._squares += (score - self._sum / (time + 1)) ** 2
        self._narrow()

    def _narrow(self) -> None:
        """All intervals hold at once, so what lies outside of an earlier one is out for good."""
        centre, radius = self._weighted / self._bets, (self._log + self._penalty) / self._bets
        low, high = max(self.interval.low, centre - radius), min(self.interval.high, centre + radius)
        # Only where the sequence has failed, which happens with probability alpha, is nothing left.
        if low <= high:
            self.interval = Interval(low, high)


class IndependentDifference:
    """Challenger's mean minus champion's, each variant answering requests of its own.

    Both sequences hold at once with probability 1 - alpha (union bound), in whatever order the scores come.
    """

    def __init__(self, alpha: float) -> None:
        self.champion, self.challenger = MeanSequence(alpha / 2), MeanSequence(alpha / 2)

    @property
    def interval(self) -> Interval:
        """From -1 to 1 at first."""
        one, other = self.champion.interval, self.challenger.interval
        return Interval(other.low - one.high, other.high - one.low)


class PairedDifference:
    """Challenger's mean minus champion's where both answered the same requests, as a shadow does."""

    def __init__(self, alpha: float) -> None:
        self._halved = MeanSequence(alpha)

    def add(self, champion: float, challenger: float) -> None:
        """The scores of one request."""
        self._halved.add((challenger - champion + 1) / 2)

    @property
    def interval(self) -> Interval:
        """From -1 to 1 at first."""
        return Interval(2 * self._halved.interval.low - 1, 2 * self._halved.interval.high - 1)
