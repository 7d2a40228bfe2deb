"""Endpoints: their variants, scaling and roll-outs, and the length of names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.rule import DEVELOPMENT, Violation, rule
from config.schema import Platform, Variant

LONGEST_ROLLOUT_SECONDS = 28800
# CloudFormation names models and configurations `<logical id>-<random>`.
RANDOM_SUFFIX = 14
# `<prefix>-<environment>`, so that `…-data-` is whole in every name made from a stack's.
LONGEST_NAME = 19


def variants(platform: Platform) -> Iterator[tuple[str, Variant]]:
    """Every variant with its path in the file."""
    for name, endpoint in platform.endpoints.items():
        for variant, settings in endpoint.variants.items():
            yield f"endpoints.{name}.variants.{variant}", settings


@rule("CANDIDATE-EXISTS", "a variant serves a candidate of a model of this file.", "SageMaker: production variants")
def variants_serve_known_candidates(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, variant in variants(platform):
        model = platform.models.get(variant.model)
        if model is None:
            yield Violation(f"{path}.model", variant.model, f"use one of: {', '.join(sorted(platform.models))}.")
        elif variant.candidate not in model.candidates:
            known = ", ".join(sorted(model.candidates))
            yield Violation(f"{path}.candidate", variant.candidate, f"use one of: {known}.")


@rule("WEIGHTS-POSITIVE", "an endpoint needs at least one variant with traffic.", "SageMaker: ProductionVariant")
def some_variant_has_weight(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, endpoint in platform.endpoints.items():
        if not any(variant.weight for variant in endpoint.variants.values()):
            yield Violation(f"endpoints.{name}.variants", "all weights are 0", "give one variant a weight above 0.")


@rule("SCALING-BOUNDS", "scaling needs min <= max.", "Application Auto Scaling: RegisterScalableTarget")
def scaling_bounds_are_ordered(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, variant in variants(platform):
        if variant.scaling.min > variant.scaling.max:
            yield Violation(f"{path}.scaling.min", variant.scaling.min, f"at most {variant.scaling.max}.")


@rule(
    "SCALING-TWO",
    "outside local and dev an instance may fail without the variant failing: two at least.",
    "Security Hub: SageMaker.4",
)
def variants_survive_an_instance(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, variant in variants(platform):
        if variant.scaling.min < 2 and platform.environment not in DEVELOPMENT:
            yield Violation(f"{path}.scaling.min", variant.scaling.min, "use 2 or more.")


@rule("AUTOSCALING-BURSTABLE", "burstable instances cannot scale.", "SageMaker: automatic scaling prerequisites")
def burstable_instances_do_not_scale(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, variant in variants(platform):
        if catalogue.family(variant.instance_type) in catalogue.instance_families().burstable:
            yield Violation(f"{path}.instance_type", variant.instance_type, "use ml.m5.large or larger.")


@rule("LINEAR-STEP", "a linear roll-out moves 10 to 50 percent at a time.", "SageMaker API: CapacitySize")
def linear_steps_are_large_enough(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, endpoint in platform.endpoints.items():
        if endpoint.rollout.kind == "linear" and endpoint.rollout.percent < 10:
            yield Violation(f"endpoints.{name}.rollout.percent", endpoint.rollout.percent, "use 10 or more.")


@rule("ROLLOUT-TIME", "a roll-out may take 8 hours, with all its waits.", "SageMaker API: BlueGreenUpdatePolicy")
def rollouts_end_in_time(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, endpoint in platform.endpoints.items():
        if endpoint.rollout.longest_seconds > LONGEST_ROLLOUT_SECONDS:
            minutes = endpoint.rollout.bake_minutes
            yield Violation(f"endpoints.{name}.rollout.bake_minutes", minutes, "wait less, or move more at a time.")


@rule(
    "ROLLBACK-ALARMS",
    "a roll-out watches at most 10 alarms, two for each variant.",
    "SageMaker API: AutoRollbackConfig",
)
def alarms_fit(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, endpoint in platform.endpoints.items():
        if len(endpoint.variants) > 5:
            yield Violation(f"endpoints.{name}.variants", len(endpoint.variants), "use at most 5 variants.")


@rule("BAKE-TIME", "alarms are only watched while a roll-out bakes.", "SageMaker: auto-rollback configuration")
def rollouts_bake(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, endpoint in platform.endpoints.items():
        if not endpoint.rollout.bake_minutes and platform.environment != "local":
            yield Violation(f"endpoints.{name}.rollout.bake_minutes", 0, "use 1 or more; the alarms look each minute.")


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
        names += [
            (f"endpoints.{endpoint}.variants.{v}", f"{prefix}{v}model{'x' * RANDOM_SUFFIX}") for v in settings.variants
        ]
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
