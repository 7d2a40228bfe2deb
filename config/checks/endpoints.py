"""Endpoints: their traffic, their roll-outs, and the length of names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.rule import Violation, rule
from config.schema import Platform, Served, Variant

# CloudFormation names models and configurations `<logical id>-<random>`.
RANDOM_SUFFIX = 14
# `<prefix>-<environment>`, so that `…-data-` is whole in every name made from a stack's.
LONGEST_NAME = 19


def variants(platform: Platform) -> Iterator[tuple[str, Variant]]:
    """Every production variant with its path in the file."""
    for name, endpoint in platform.endpoints.items():
        for variant, settings in endpoint.variants.items():
            yield f"endpoints.{name}.variants.{variant}", settings


def served(platform: Platform) -> Iterator[tuple[str, Served]]:
    """Every production variant and every shadow, with its path in the file."""
    yield from variants(platform)
    for name, endpoint in platform.endpoints.items():
        if endpoint.shadow:
            yield f"endpoints.{name}.shadow", endpoint.shadow


@rule("WEIGHTS-POSITIVE", "an endpoint needs at least one variant with traffic.", "SageMaker: ProductionVariant")
def some_variant_has_weight(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, endpoint in platform.endpoints.items():
        if not any(variant.weight for variant in endpoint.variants.values()):
            yield Violation(f"endpoints.{name}.variants", "all weights are 0", "give one variant a weight above 0.")


@rule("LINEAR-STEP", "a linear roll-out moves 10 to 50 percent at a time.", "SageMaker API: CapacitySize")
def linear_steps_are_large_enough(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, endpoint in platform.endpoints.items():
        if endpoint.rollout.kind == "linear" and endpoint.rollout.percent < 10:
            yield Violation(f"endpoints.{name}.rollout.percent", endpoint.rollout.percent, "use 10 or more.")


@rule("ROLLOUT-TIME", "a roll-out may take 8 hours, with all its waits.", "SageMaker API: BlueGreenUpdatePolicy")
def rollouts_end_in_time(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, endpoint in platform.endpoints.items():
        rollout, longest = endpoint.rollout, catalogue.hosting().longest_rollout_seconds
        beside = rollout.longest_seconds - rollout.waits_seconds
        if rollout.longest_seconds > longest:
            fix = (
                f"all of its waits come to {rollout.waits_seconds // 60} min, of at most {(longest - beside) // 60}: "
                "wait less, or move more at a time."
            )
            yield Violation(f"endpoints.{name}.rollout.bake_minutes", rollout.bake_minutes, fix)


@rule("BAKE-TIME", "alarms are only watched while a roll-out bakes.", "SageMaker: auto-rollback configuration")
def rollouts_bake(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, endpoint in platform.endpoints.items():
        if not endpoint.rollout.bake_minutes and platform.environment != "local":
            yield Violation(f"endpoints.{name}.rollout.bake_minutes", 0, "use 1 or more; the alarms look each minute.")


@rule(
    "GUARDED-INSTANCES",
    "SageMaker shifts such instances all at once, without watching the alarms.",
    "SageMaker developer guide: deployment guardrails, exclusions",
)
def guarded_instances_can_be_guarded(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, each in served(platform):
        if catalogue.family(each.instance_type) in catalogue.hosting().unguarded:
            yield Violation(f"{path}.instance_type", each.instance_type, "use another family, such as ml.inf2.xlarge.")


@rule(
    "NAME-LENGTH", "SageMaker names have at most 63 characters.", "SageMaker API: EndpointName, ModelPackageGroupName"
)
def names_fit(platform: Platform, file: Path) -> Iterator[Violation]:
    names = [(f"endpoints.{e}", platform.name(e)) for e in platform.endpoints]
    names += [
        (f"models.{m}.candidates.{c}", platform.name(m, c)) for m, s in platform.models.items() for c in s.candidates
    ]
    for endpoint, settings in platform.endpoints.items():
        prefix = platform.name(endpoint).replace("-", "")
        for variant in settings.served:
            where = f"variants.{variant}" if variant in settings.variants else "shadow.name"
            names.append((f"endpoints.{endpoint}.{where}", f"{prefix}{variant}model{'x' * RANDOM_SUFFIX}"))
    for path, name in names:
        if len(name) > 63:
            yield Violation(path, name, "shorten the prefix, the environment or this name.")


@rule(
    "NAME-SHORT",
    "CloudFormation shortens long names, and policies know buckets and functions by their beginning.",
    "CloudFormation user guide: Name type",
)
def names_keep_their_beginning(platform: Platform, file: Path) -> Iterator[Violation]:
    if len(platform.name()) > LONGEST_NAME:
        yield Violation(
            "prefix", platform.name(), f"prefix and environment together: at most {LONGEST_NAME - 1} letters."
        )
