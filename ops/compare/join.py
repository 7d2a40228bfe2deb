"""Brings answers and ground truth together, and counts all that cannot be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from ops.compare.capture import Answer
from ops.compare.ground_truth import Truth
from ops.compare.predictions import UnusableError

_T = TypeVar("_T")
Problems = Counter[str]
Lines = Iterable[tuple[str, datetime]]
Metric = Callable[[tuple[str, ...], tuple[str, ...]], float]


@dataclass(frozen=True)
class Scored:
    """One request of a variant that was answered and labelled. `complete`: when both were there to be read."""

    key: str
    complete: datetime
    time: datetime
    score: float
    instances: int


def accuracy(predicted: tuple[str, ...], true: tuple[str, ...]) -> float:
    """Share of the request's instances that were predicted right."""
    return sum(one == other for one, other in zip(predicted, true, strict=True)) / len(true)


METRICS: Mapping[str, Metric] = {"accuracy": accuracy}


def each(lines: Lines, reader: Callable[[str, datetime], _T], problems: Problems) -> list[_T]:
    """What the reader makes of the lines; those that it cannot read are counted by reason."""
    found = []
    for line, seen in lines:
        try:
            found.append(reader(line, seen))
        except UnusableError as error:
            problems[str(error)] += 1
    return found


def truths(found: Iterable[Truth], problems: Problems) -> dict[str, Truth]:
    """Key -> ground truth. What was said twice counts once; what was said anew, as a correction."""
    result: dict[str, Truth] = {}
    for truth in sorted(found, key=lambda its: its.seen):
        before = result.get(truth.key)
        if before and before.labels == truth.labels:
            problems["ground truth given twice, counted once"] += 1
            continue
        if before:
            problems["ground truth corrected by a later one"] += 1
        result[truth.key] = truth
    return result


def answers(found: Iterable[Answer], since: datetime, problems: Problems) -> dict[str, Answer]:
    """Key -> the first answer of a variant to it."""
    result: dict[str, Answer] = {}
    for answer in sorted(found, key=lambda its: (its.time, its.event)):
        if answer.time < since:
            problems["answered before the comparison begins"] += 1
        elif answer.key in result:
            problems["answered again under the same id, the first counts"] += 1
        else:
            result[answer.key] = answer
    return result


def scored(
    given: Mapping[str, Answer], right: Mapping[str, Truth], metric: Metric, problems: Problems
) -> dict[str, Scored]:
    """Key -> score, of the answers with ground truth that fits."""
    found = {}
    for key, answer in given.items():
        truth = right.get(key)
        if truth is None:
            problems["without ground truth so far"] += 1
        elif len(truth.labels) != len(answer.predictions):
            problems["ground truth for another number of instances"] += 1
        else:
            value = metric(answer.predictions, truth.labels)
            complete = max(answer.seen, truth.seen)
            found[key] = Scored(key, complete, answer.time, value, len(truth.labels))
    return found
