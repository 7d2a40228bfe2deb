"""Machines that may be taken away, and what is left of the work then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.candidates import algorithms, candidates
from config.checks.rule import Violation, rule
from config.schema import Platform

SPOT = "SageMaker developer guide: managed spot training"
CHECKPOINTS = "SageMaker developer guide: use checkpoints, frameworks and algorithms"


@rule("SPOT-WAIT", "the wait covers running too: a job cannot wait less long than it may run.", SPOT)
def waits_are_as_long_as_runs(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in candidates(platform):
        spot, runtime = each.its.spot, each.its.max_runtime_minutes
        if spot and spot.max_wait_minutes < runtime:
            fix = f"use {runtime} or more, or a smaller `max_runtime_minutes`."
            yield Violation(f"{each.path}.spot.max_wait_minutes", spot.max_wait_minutes, fix)


@rule("SPOT-CHECKPOINTS", "an interruption would throw away more than an hour of work, and again.", SPOT)
def long_spot_jobs_keep_checkpoints(platform: Platform, file: Path) -> Iterator[Violation]:
    hour = catalogue.training().spot_without_checkpoints_minutes
    for each in candidates(platform):
        can = each.algorithm is None or each.algorithm.checkpoints
        if each.its.spot and can and not each.its.checkpoints and each.its.max_runtime_minutes > hour:
            fix = f"write `checkpoints: true`, or `max_runtime_minutes: {hour}`, or remove `spot`."
            yield Violation(f"{each.path}.checkpoints", False, fix)


@rule("SPOT-ALGORITHM", "SageMaker lets algorithms without checkpoints wait for an hour at most.", SPOT)
def algorithms_without_checkpoints_wait_an_hour(platform: Platform, file: Path) -> Iterator[Violation]:
    hour = catalogue.training().spot_without_checkpoints_minutes
    for each, facts in algorithms(platform):
        spot = each.its.spot
        if spot and not facts.checkpoints and spot.max_wait_minutes > hour:
            fix = f"use at most {hour}, or remove `spot`."
            yield Violation(f"{each.path}.spot.max_wait_minutes", spot.max_wait_minutes, fix)


@rule("CHECKPOINTS-ALGORITHM", "this algorithm writes no checkpoints.", CHECKPOINTS)
def algorithms_with_checkpoints_write_them(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, facts in algorithms(platform):
        if each.its.checkpoints and not facts.checkpoints:
            able = sorted(name for name, its in catalogue.algorithms().items() if its.checkpoints)
            yield Violation(f"{each.path}.checkpoints", True, f"remove it: only {', '.join(able)} do, and scripts.")
