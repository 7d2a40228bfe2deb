"""Two variants, compared: what the records say, and what may be concluded from them so far."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ops.compare.join import Problems, Scored
from ops.compare.sequence import IndependentDifference, Interval, PairedDifference

# More than a picture can show.
LOOKS = 400


@dataclass(frozen=True)
class Arm:
    """One variant: its labelled requests, the instances in them, and the mean of the requests' scores, if any."""

    variant: str
    requests: int
    instances: int
    mean: float | None


@dataclass(frozen=True)
class Look:
    """The interval after so many labelled requests of both variants, the last of them complete at `time`."""

    requests: int
    time: datetime
    interval: Interval


@dataclass(frozen=True)
class Comparison:
    """`interval` holds challenger's mean minus champion's with probability 1 - `alpha`, at every look at once."""

    champion: Arm
    challenger: Arm
    alpha: float
    interval: Interval
    looks: Sequence[Look] = ()
    problems: Mapping[str, int] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """Of the challenger: `better`, `worse`, or `not yet` known."""
        if self.interval.low > 0:
            return "better"
        return "worse" if self.interval.high < 0 else "not yet"


def independent(
    names: tuple[str, str],
    champion: Mapping[str, Scored],
    challenger: Mapping[str, Scored],
    alpha: float,
    problems: Problems,
) -> Comparison:
    """Each variant answered requests of its own. One that both answered belongs to neither, and is left out."""
    both = champion.keys() & challenger.keys()
    if both:
        problems["answered by both variants, left out"] += len(both)
    arms = [{key: its for key, its in arm.items() if key not in both} for arm in (champion, challenger)]
    difference = IndependentDifference(alpha)
    order = sorted(
        [(its, difference.champion) for its in arms[0].values()]
        + [(its, difference.challenger) for its in arms[1].values()],
        key=lambda pair: _order(pair[0]),
    )

    def intervals() -> Iterator[tuple[datetime, Interval]]:
        for its, sequence in order:
            sequence.add(its.score)
            yield its.complete, difference.interval

    one, other = (_arm(name, list(arm.values())) for name, arm in zip(names, arms, strict=True))
    looks = _thinned(list(intervals()))
    return Comparison(one, other, alpha, difference.interval, looks, dict(problems))


def paired(
    names: tuple[str, str],
    champion: Mapping[str, Scored],
    challenger: Mapping[str, Scored],
    alpha: float,
    problems: Problems,
) -> Comparison:
    """Both answered the same requests: a shadow gets copies. Only what both answered can be compared."""
    both = champion.keys() & challenger.keys()
    alone = len(champion) + len(challenger) - 2 * len(both)
    if alone:
        problems["answered by one of the two, left out"] += alone
    difference = PairedDifference(alpha)
    pairs = [(champion[key], challenger[key]) for key in both]
    pairs.sort(key=lambda pair: max(_order(pair[0]), _order(pair[1])))

    def intervals() -> Iterator[tuple[datetime, Interval]]:
        for first, second in pairs:
            difference.add(first.score, second.score)
            yield max(first.complete, second.complete), difference.interval

    one, other = (_arm(name, [pair[index] for pair in pairs]) for index, name in enumerate(names))
    looks = _thinned(list(intervals()))
    return Comparison(one, other, alpha, difference.interval, looks, dict(problems))


def _order(scored: Scored) -> tuple[datetime, datetime, str]:
    """As records became complete: a later look then only adds to what an earlier one saw, as the sequence needs."""
    return scored.complete, scored.time, scored.key


def _arm(variant: str, scores: Sequence[Scored]) -> Arm:
    mean = math.fsum(its.score for its in scores) / len(scores) if scores else None
    return Arm(variant, len(scores), sum(its.instances for its in scores), mean)


def _thinned(intervals: Sequence[tuple[datetime, Interval]]) -> list[Look]:
    """At most `LOOKS` of them, the last one always."""
    every = max(1, math.ceil(len(intervals) / LOOKS))
    looks = [Look(number, *its) for number, its in enumerate(intervals, start=1)]
    return [look for look in looks if look.requests % every == 0 or look is looks[-1]]
