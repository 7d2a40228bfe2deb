"""Tuning: how many jobs, at once and altogether, and which strategies take what."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.candidates import tunings
from config.checks.rule import Violation, rule
from config.schema import Platform, Tuning

BEST = "SageMaker developer guide: best practices for hyperparameter tuning"
LIMITS = "SageMaker developer guide: resource limits for automatic model tuning"
STRATEGIES = "SageMaker developer guide: hyperparameter tuning strategies"
CONFIG = "SageMaker API: HyperParameterTuningJobConfig"


def combinations(tuning: Tuning) -> float:
    """How many different jobs the ranges allow; infinite as soon as one is continuous."""
    count = 1.0
    for range_ in tuning.ranges.values():
        if range_.type == "categorical":
            count *= len(range_.values or ())
        elif range_.type == "integer" and range_.min is not None and range_.max is not None:
            count *= max(0.0, math.floor(range_.max) - math.ceil(range_.min) + 1)
        else:
            return math.inf
    return count


@rule("TUNING-PARALLEL", "no more jobs can run at once than run altogether.", "SageMaker API: ResourceLimits")
def jobs_at_once_are_among_all(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, tuning in tunings(platform):
        if tuning.parallel_jobs > tuning.max_jobs:
            fix = f"use at most {tuning.max_jobs}."
            yield Violation(f"{each.path}.tuning.parallel_jobs", tuning.parallel_jobs, fix)


@rule("TUNING-LEARNS", "a Bayesian search learns from the jobs before: in fewer rounds it only guesses.", BEST)
def bayesian_searches_learn(platform: Platform, file: Path) -> Iterator[Violation]:
    rounds = catalogue.training().tuning.bayesian_rounds
    for each, tuning in tunings(platform):
        too_parallel = rounds * tuning.parallel_jobs > tuning.max_jobs >= tuning.parallel_jobs
        if tuning.strategy == "Bayesian" and tuning.parallel_jobs > 1 and too_parallel:
            fix = f"use at most {max(1, tuning.max_jobs // rounds)}, or `strategy: Random`."
            yield Violation(f"{each.path}.tuning.parallel_jobs", tuning.parallel_jobs, fix)


@rule("TUNING-JOBS", "the strategy takes fewer training jobs.", LIMITS)
def strategies_take_so_many_jobs(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, tuning in tunings(platform):
        most = catalogue.training().tuning.jobs[tuning.strategy]
        if tuning.max_jobs > most:
            yield Violation(f"{each.path}.tuning.max_jobs", tuning.max_jobs, f"use at most {most}.")


@rule("TUNING-COMBINATIONS", "there are not so many different jobs: SageMaker refuses to repeat one.", CONFIG)
def ranges_allow_so_many_jobs(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, tuning in tunings(platform):
        count = combinations(tuning)
        if tuning.strategy != "Grid" and 0 < count < tuning.max_jobs:
            fix = f"use at most {count:g}, or wider ranges."
            yield Violation(f"{each.path}.tuning.max_jobs", tuning.max_jobs, fix)


@rule("TUNING-FIXED", "a hyperparameter is fixed or searched.", CONFIG)
def searched_hyperparameters_are_not_fixed(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, tuning in tunings(platform):
        for name in tuning.ranges:
            if name in each.its.hyperparameters:
                value = each.its.hyperparameters[name]
                yield Violation(f"{each.path}.hyperparameters.{name}", value, "remove it, or its range.")


@rule("GRID-CATEGORICAL", "a grid has points, and only categorical hyperparameters are points.", STRATEGIES)
def grids_are_categorical(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, tuning in tunings(platform):
        for name, range_ in tuning.ranges.items():
            if tuning.strategy == "Grid" and range_.type != "categorical":
                fix = "write its points: `{type: categorical, values: [...]}`."
                yield Violation(f"{each.path}.tuning.ranges.{name}.type", range_.type, fix)


@rule("GRID-JOBS", "a grid is searched whole: one job for each combination.", STRATEGIES)
def grids_are_searched_whole(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, tuning in tunings(platform):
        count = combinations(tuning)
        if tuning.strategy == "Grid" and count not in (math.inf, tuning.max_jobs):
            yield Violation(f"{each.path}.tuning.max_jobs", tuning.max_jobs, f"write {count:g}.")


@rule("HYPERBAND-STOPPING", "Hyperband stops jobs by itself, and refuses to be helped.", CONFIG)
def hyperband_stops_by_itself(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, tuning in tunings(platform):
        if tuning.strategy == "Hyperband" and tuning.early_stopping:
            yield Violation(f"{each.path}.tuning.early_stopping", True, "remove it.")


@rule("HYPERBAND-EPOCHS", "Hyperband must know how long a job can be.", "SageMaker API: HyperbandStrategyConfig")
def hyperband_knows_the_epochs(platform: Platform, file: Path) -> Iterator[Violation]:
    names = catalogue.training().tuning.hyperband_resources
    for each, tuning in tunings(platform):
        if tuning.strategy == "Hyperband" and not set(names) & set(each.its.hyperparameters):
            fix = f"fix one of the hyperparameters {', '.join(names)}."
            yield Violation(f"{each.path}.hyperparameters", sorted(each.its.hyperparameters), fix)


@rule(
    "EARLY-STOPPING-ALGORITHM",
    "this algorithm does not say its metric after each epoch: no job could be stopped early.",
    "SageMaker developer guide: stop training jobs early",
)
def algorithms_that_are_stopped_early_can_be(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, tuning in tunings(platform):
        if tuning.early_stopping and each.algorithm and not each.algorithm.early_stopping:
            yield Violation(f"{each.path}.tuning.early_stopping", True, "remove it.")


@rule(
    "WARM-START-DATA",
    "each execution processes its data anew: they are not those of the parents.",
    "SageMaker developer guide: warm start, types",
)
def identical_data_are_identical(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, tuning in tunings(platform):
        start, cache = tuning.warm_start, each.model.cache
        processed = any(not (its.source or "s3:").startswith("s3:") for its in each.its.channels.values())
        cached = cache is not None and cache.enabled
        if start and start.kind == "IdenticalDataAndAlgorithm" and processed and not cached:
            fix = "write `kind: TransferLearning`, or `cache: {enabled: true}` so that processing's result stays."
            yield Violation(f"{each.path}.tuning.warm_start.kind", start.kind, fix)
