"""Metrics of training, and the one that tuning goes by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.candidates import algorithms, candidates, tunings
from config.checks.rule import Violation, rule
from config.nearest import nearest
from config.schema import Platform

METRICS = "SageMaker developer guide: define metrics"
LAZY_END = re.compile(r"[*+?}]\?\)$")


def _groups(expression: str) -> int | None:
    """How many groups it captures; None when it is no regular expression."""
    try:
        return re.compile(expression).groups
    except re.error:
        return None


@rule("METRIC-REGEX", "SageMaker takes the number out of one group.", METRICS)
def expressions_capture_one_number(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in candidates(platform):
        for name, expression in each.its.metrics.items():
            if _groups(expression) != 1:
                fix = "write a regular expression with one group, such as `loss=([0-9.]+)`; (?:...) groups without it."
                yield Violation(f"{each.path}.metrics.{name}", expression, fix)


@rule("METRIC-LAZY", "a lazy group at the end captures as little as it can: nothing, or one digit.", METRICS)
def expressions_capture_the_whole_number(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in candidates(platform):
        for name, expression in each.its.metrics.items():
            if LAZY_END.search(expression):
                fix = "write what follows the number, or a group such as `([0-9.]+)`."
                yield Violation(f"{each.path}.metrics.{name}", expression, fix)


@rule(
    "METRIC-BUILT-IN",
    "this algorithm brings its metrics, and SageMaker refuses others.",
    "SageMaker developer guide: define metrics, built-in algorithms",
)
def algorithms_bring_their_metrics(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, _ in algorithms(platform):
        if "metrics" in each.its.model_fields_set and not each.its_own_metrics:
            yield Violation(f"{each.path}.metrics", sorted(each.its.metrics), "remove them.")


@rule("OBJECTIVE-METRIC", "nothing measures the metric that tuning goes by.", METRICS)
def objectives_are_measured(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, tuning in tunings(platform):
        facts, name = each.algorithm, tuning.objective.metric
        known = list(each.its.metrics if each.its_own_metrics or facts is None else facts.metrics)
        if name not in known:
            choice = f"use one of: {', '.join(known)}" if known else "this algorithm cannot be tuned"
            more = ", or add its expression to `metrics`" if each.its_own_metrics else ""
            fix = f"{nearest(name, known)}{choice}{more}."
            yield Violation(f"{each.path}.tuning.objective.metric", name, fix)


@rule("OBJECTIVE-GOAL", "the worst job would be chosen.", "SageMaker developer guide: the algorithm's metrics")
def objectives_go_the_right_way(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, tuning in tunings(platform):
        right = each.algorithm.metrics.get(tuning.objective.metric) if each.algorithm else None
        if right and right != tuning.objective.goal:
            yield Violation(f"{each.path}.tuning.objective.goal", tuning.objective.goal, f"write `goal: {right}`.")


@rule("OBJECTIVE-CHANNEL", "the metric is measured on a channel that is not given.", METRICS)
def objectives_have_their_channel(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, tuning in tunings(platform):
        channel, colon, _ = tuning.objective.metric.partition(":")
        facts = each.algorithm
        if facts and colon and channel in facts.channels.known and channel not in each.its.channels:
            fix = f"add the channel `{channel}`, or use a metric of another."
            yield Violation(f"{each.path}.tuning.objective.metric", tuning.objective.metric, fix)


@rule(
    "TUNING-METRICS",
    "a tuning job has at most 20 metrics.",
    "SageMaker developer guide: resource limits for automatic model tuning",
)
def tuning_watches_few_metrics(platform: Platform, file: Path) -> Iterator[Violation]:
    most = catalogue.training().tuning.metrics
    for each, _ in tunings(platform):
        if len(each.its.metrics) > most:
            yield Violation(f"{each.path}.metrics", len(each.its.metrics), f"give at most {most}.")
