"""The pipeline of a model as a whole: its steps' inputs, its cache, its schedule, its champion."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.cron import fault
from config.checks.rule import Violation, rule
from config.checks.sources import containers
from config.schema import Platform

# Code and test split.
OWN_INPUTS = 2


@rule(
    "EVALUATION-INPUTS",
    "a processing job has at most 10 inputs: code, the test split, one for each candidate, one for the champion.",
    "SageMaker API: CreateProcessingJob, ProcessingInputs",
)
def evaluation_has_room_for_all(platform: Platform, file: Path) -> Iterator[Violation]:
    most = catalogue.training().processing_inputs
    for name, model in platform.models.items():
        own = OWN_INPUTS + (model.gate.not_below_champion_by is not None)
        count = len(model.candidates) + own
        if count > most:
            fix = f"keep at most {most - own} candidates, or give others a model of their own."
            yield Violation(f"models.{name}.candidates", len(model.candidates), fix)


@rule(
    "CACHE-KEPT",
    "a step would take the result of an execution whose data are deleted already.",
    "SageMaker developer guide: caching pipeline steps",
)
def cached_results_are_kept(platform: Platform, file: Path) -> Iterator[Violation]:
    kept = platform.data.processed_days
    for name, model in platform.models.items():
        if model.cache and model.cache.enabled and kept is not None and model.cache.days > kept:
            fix = f"use at most {kept}, which is `data.processed_days`."
            yield Violation(f"models.{name}.cache.days", model.cache.days, fix)


@rule(
    "SCHEDULE-OFTEN",
    "this starts the pipeline more often than once in an hour, and pays for each.",
    "EventBridge Scheduler user guide: cron-based schedules",
)
def pipelines_start_rarely(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, model in platform.models.items():
        cron = model.schedule.cron if model.schedule else ""
        if model.schedule and not fault(cron) and not cron.split(" ")[0].isdigit():
            fix = "write one minute, such as `0 3 ? * SUN *`."
            yield Violation(f"models.{name}.schedule.cron", cron, fix)


@rule("CHAMPION-SERVED", "no endpoint serves it: there is no champion.", "docs/models.md")
def champions_are_served(platform: Platform, file: Path) -> Iterator[Violation]:
    served = {(container.model, container.candidate) for _, container in containers(platform)}
    for name, model in platform.models.items():
        for candidate, settings in model.candidates.items():
            if settings.incremental and (name, candidate) not in served:
                fix = "serve this candidate in a variant, or remove it."
                yield Violation(f"models.{name}.candidates.{candidate}.incremental", True, fix)
        compared = model.gate.not_below_champion_by
        if compared is not None and name not in {model for model, _ in served}:
            yield Violation(f"models.{name}.gate.not_below_champion_by", compared, "serve the model, or remove it.")
