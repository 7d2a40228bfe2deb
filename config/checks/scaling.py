"""How many instances a variant has, and when."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.cron import fault
from config.checks.endpoints import variants
from config.checks.rule import DEVELOPMENT, Violation, rule
from config.schema import Platform, Scaling, Schedule, StartSchedule

SCALE = "Application Auto Scaling: RegisterScalableTarget"


@rule("INSTANCES-EITHER", "a variant has a fixed number of instances, or scaling.", "docs/configuration.md")
def instances_are_fixed_or_scaled(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, variant in variants(platform):
        if not variant.serverless and (variant.scaling is None) == (variant.instances is None):
            value = None if variant.scaling is None else variant.instances
            yield Violation(f"{path}.instances", value, "give `scaling` or `instances`, and not both.")


@rule("SCALING-BOUNDS", "scaling needs min <= max.", SCALE)
def scaling_bounds_are_ordered(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, bounds in _bounds(platform):
        if bounds.min > bounds.max:
            yield Violation(f"{path}.min", bounds.min, f"at most {bounds.max}.")


@rule(
    "SCALING-TWO",
    "outside local and dev an instance may fail without the variant failing: two at least.",
    "Security Hub: SageMaker.4",
)
def variants_survive_an_instance(platform: Platform, file: Path) -> Iterator[Violation]:
    if platform.environment in DEVELOPMENT:
        return
    for path, bounds in _bounds(platform):
        # None at all is SCALING-ZERO's to allow: a queue keeps the requests meanwhile.
        if bounds.min == 1:
            yield Violation(f"{path}.min", bounds.min, "use 2 or more.")
    for path, variant in variants(platform):
        if variant.instances == 1:
            yield Violation(f"{path}.instances", variant.instances, "use 2 or more.")


@rule(
    "SCALING-ZERO",
    "only an asynchronous endpoint that scales on its backlog may have no instance.",
    "SageMaker developer guide: autoscale an asynchronous endpoint",
)
def only_backlogs_scale_to_zero(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, bounds in _bounds(platform):
        endpoint = platform.endpoints[path.split(".")[1]]
        scaling = endpoint.variants[path.split(".")[3]].scaling
        if bounds.min == 0 and scaling and (endpoint.mode, scaling.metric) != ("asynchronous", "backlog"):
            yield Violation(f"{path}.min", 0, "use 1 or more.")


@rule(
    "SCALING-BACKLOG",
    "only an asynchronous endpoint has a backlog.",
    "SageMaker developer guide: monitor an asynchronous endpoint",
)
def only_asynchronous_endpoints_have_a_backlog(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, variant in variants(platform):
        mode = platform.endpoints[path.split(".")[1]].mode
        if variant.scaling and variant.scaling.metric == "backlog" and mode != "asynchronous":
            yield Violation(f"{path}.scaling.metric", "backlog", "use `concurrency` or `invocations`.")


@rule(
    "SCALING-QUEUE",
    "an asynchronous endpoint scales on its backlog: it publishes no metric of the others.",
    "SageMaker developer guide: autoscale an asynchronous endpoint",
)
def asynchronous_endpoints_scale_on_their_backlog(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, variant in variants(platform):
        mode = platform.endpoints[path.split(".")[1]].mode
        if variant.scaling and variant.scaling.metric != "backlog" and mode == "asynchronous":
            fix = "write `metric: backlog`, and as `target` how many requests may wait for each instance."
            yield Violation(f"{path}.scaling.metric", variant.scaling.metric, fix)


@rule("AUTOSCALING-BURSTABLE", "burstable instances cannot scale.", "SageMaker: automatic scaling prerequisites")
def burstable_instances_do_not_scale(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, variant in variants(platform):
        if variant.scaling and catalogue.family(variant.instance_type) in catalogue.instance_families().burstable:
            fix = "use ml.m5.large or larger, or `instances` instead of `scaling`."
            yield Violation(f"{path}.instance_type", variant.instance_type, fix)


@rule("SCHEDULE-CRON", "this is no schedule.", "Application Auto Scaling user guide: cron expressions")
def schedules_have_times(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, schedule in _times(platform):
        wrong = fault(schedule.cron)
        if wrong:
            yield Violation(f"{path}.cron", schedule.cron, f"{wrong}; write it like `0 19 ? * MON-FRI *`.")


@rule("SCHEDULE-ZONE", "there is no such time zone.", "Application Auto Scaling API: PutScheduledAction, Timezone")
def schedules_have_time_zones(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, schedule in _times(platform):
        if not _is_zone(schedule.timezone):
            yield Violation(f"{path}.timezone", schedule.timezone, "write it like `Europe/London` or `UTC`.")


def _bounds(platform: Platform) -> Iterator[tuple[str, Scaling | Schedule]]:
    """What has `min` and `max`, with its path in the file."""
    for path, variant in variants(platform):
        if variant.scaling:
            yield f"{path}.scaling", variant.scaling
    yield from _schedules(platform)


def _schedules(platform: Platform) -> Iterator[tuple[str, Schedule]]:
    for path, variant in variants(platform):
        for name, schedule in (variant.scaling.schedules if variant.scaling else {}).items():
            yield f"{path}.scaling.schedules.{name}", schedule


def _times(platform: Platform) -> Iterator[tuple[str, Schedule | StartSchedule]]:
    """Whatever has `cron` and `timezone`, with its path in the file; EventBridge Scheduler's have the same form."""
    yield from _schedules(platform)
    for name, model in platform.models.items():
        if model.schedule:
            yield f"models.{name}.schedule", model.schedule


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    # A folder of the database, such as Europe, is an OSError.
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
