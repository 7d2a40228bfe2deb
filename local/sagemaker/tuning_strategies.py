"""Which hyperparameters a tuning job tries next, and which of its jobs it ends early.

AWS does not publish its own. Random and Grid are what their names say. Bayesian is expected improvement over a Gaussian
process with a squared exponential kernel, after a few random points. Hyperband is its asynchronous form (ASHA: Li et
al., "A System for Massively Parallel Hyperparameter Tuning"): random points, of which the better third goes on at each
rung. Early stopping is the median rule that AWS describes.
"""

import itertools
import random
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from local.sagemaker.tuning_ranges import Point, Range

Results = Mapping[Point, float]
_CANDIDATES = 1000
_REDUCTION = 3
_FEWEST_FOR_MEDIAN = 3


class Strategy(Protocol):
    """Chooses points; a larger result is a better one."""

    def next_point(self, results: Results, pending: Sequence[Point]) -> Point | None:
        """Return what to try next, None when everything was tried."""


class Random:
    """Points by chance."""

    def __init__(self, ranges: Sequence[Range], seed: int) -> None:
        self._ranges = ranges
        self._random = random.Random(seed)  # noqa: S311  # nosec B311 # jitter and repeatable samples, nothing secret

    def next_point(self, results: Results, pending: Sequence[Point]) -> Point | None:
        """Return a point."""
        return tuple(self._random.random() for _ in self._ranges)


class Grid:
    """Every combination of categorical values once."""

    def __init__(self, ranges: Sequence[Range]) -> None:
        places = [[(n + 0.5) / len(one.values) for n in range(len(one.values))] for one in ranges]
        self._left: Iterator[Point] = itertools.product(*places)

    def next_point(self, results: Results, pending: Sequence[Point]) -> Point | None:
        """Return the next combination."""
        return next(self._left, None)


class Bayesian:
    """The point that promises most, by what was found so far."""

    def __init__(self, ranges: Sequence[Range], seed: int) -> None:
        self._ranges = ranges
        self._random = Random(ranges, seed)
        self._first = max(3, min(len(ranges) + 1, 6))

    def next_point(self, results: Results, pending: Sequence[Point]) -> Point | None:
        """Return a random point while little is known, then the one of the highest expected improvement."""
        if len(results) < self._first:
            return self._random.next_point(results, pending)
        # Imported at its first use: the local cloud starts without it.
        from local.sagemaker.gaussian_process import expected_improvement

        drawn = (self._random.next_point(results, pending) for _ in range(_CANDIDATES))
        candidates = [point for point in drawn if point]
        # A point under way counts as what is expected there, so that the next one goes elsewhere.
        known = {**dict.fromkeys(pending, statistics.fmean(results.values())), **results}
        scores = expected_improvement(self._encoded(list(known)), list(known.values()), self._encoded(candidates))
        return candidates[max(range(len(candidates)), key=scores.__getitem__)]

    def _encoded(self, points: Sequence[Point]) -> list[list[float]]:
        """Return coordinates: a number for each numeric range, one for each value of a categorical one."""
        return [self._coordinates(point) for point in points]

    def _coordinates(self, point: Point) -> list[float]:
        found: list[float] = []
        for one, position in zip(self._ranges, point, strict=True):
            if one.values:
                text = one.text(position)
                found += [0.5 * (text == value) for value in one.values]
            else:
                found.append(one.position(one.text(position)))
        return found


def strategy(name: str, ranges: Sequence[Range], seed: int) -> Strategy:
    """Return the strategy of this name; Hyperband chooses by chance and ends jobs early by its rungs."""
    if name == "Grid":
        return Grid(ranges)
    return Bayesian(ranges, seed) if name == "Bayesian" else Random(ranges, seed)


def is_below_median(curve: Sequence[float], earlier: Sequence[Sequence[float]]) -> bool:
    """Return whether the newest value of `curve` is worse than the median of the running averages of earlier curves.

    Curves are objective values step by step, larger ones better. Fewer than three that came this far decide nothing.
    """
    step = len(curve)
    averages = [statistics.fmean(other[:step]) for other in earlier if len(other) >= step]
    return step > 0 and len(averages) >= _FEWEST_FOR_MEDIAN and curve[-1] < statistics.median(averages)


class Rungs:
    """Hyperband's rungs: a job that comes to one goes on only as one of the best third of those that came there."""

    def __init__(self, least: int, most: int) -> None:
        self._most = most
        self._rungs: dict[int, list[float]] = {}
        resource = least
        while resource < most:
            self._rungs[resource] = []
            resource *= _REDUCTION

    def goes_on(self, resource: int, value: float) -> bool:
        """Return whether a job with this value goes on after so many steps; each rung is asked once for each job.

        A job that has come to the end is stopped: it was given no more.
        """
        if resource >= self._most:
            return False
        seen = self._rungs.get(resource)
        if seen is None:
            return True
        seen.append(value)
        places = max(1, len(seen) // _REDUCTION)
        return value >= sorted(seen, reverse=True)[places - 1]
