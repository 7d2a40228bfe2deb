"""Rules across settings, against the catalogue. Each has an id, a message, a fix and a source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config import catalogue
from config.errors import Finding
from config.schema import Job, Platform, Variant

ROOT = Path(__file__).parent.parent
AUTOMATIC_APPROVAL_IN = ("local", "dev")
LONGEST_ROLLOUT_SECONDS = 28800
# CloudFormation names models and configurations `<logical id>-<random>`.
RANDOM_SUFFIX = 14


@dataclass(frozen=True)
class Violation:
    """Where a rule is broken, and the mend. `rule` adds its id, message and source."""

    path: str
    value: Any
    fix: str


Check = Callable[[Platform, Path], Iterable[Violation]]


@dataclass(frozen=True)
class Rule:
    """One rule of the field."""

    id: str
    message: str
    source: str
    find: Check


RULES: list[Rule] = []


def rule(id: str, message: str, source: str) -> Callable[[Check], Check]:
    """Register a check under its id."""

    def register(find: Check) -> Check:
        RULES.append(Rule(id, message, source, find))
        return find

    return register


def check(platform: Platform, file: Path) -> Iterator[Finding]:
    """Every violation of every rule."""
    for each in RULES:
        for violation in each.find(platform, file):
            yield Finding(violation.path, violation.value, each.id, each.message, violation.fix, each.source)


def jobs(platform: Platform) -> Iterator[tuple[str, str, Job]]:
    """Every job with its path in the file and its model's code folder."""
    for name, model in platform.models.items():
        path = f"models.{name}"
        yield f"{path}.processing", model.code, model.processing
        yield f"{path}.evaluation", model.code, model.evaluation
        for candidate, job in model.candidates.items():
            yield f"{path}.candidates.{candidate}", model.code, job


def variants(platform: Platform) -> Iterator[tuple[str, Variant]]:
    """Every variant with its path in the file."""
    for name, endpoint in platform.endpoints.items():
        for variant, settings in endpoint.variants.items():
            yield f"endpoints.{name}.variants.{variant}", settings


@rule("ENVIRONMENT-FILE", "the environment's name must be the file's name.", "config/environments")
def environment_is_the_file_name(platform: Platform, file: Path) -> Iterator[Violation]:
    if platform.environment != file.stem:
        yield Violation("environment", platform.environment, f"write `environment: {file.stem}` or rename the file.")


@rule("ZONES-IN-REGION", "each availability zone must lie in the region, once.", "EC2: regions and zones")
def zones_lie_in_the_region(platform: Platform, file: Path) -> Iterator[Violation]:
    zones = platform.network.availability_zones
    for zone in zones:
        if not (zone.startswith(platform.region) and len(zone) == len(platform.region) + 1) or zones.count(zone) > 1:
            yield Violation("network.availability_zones", zone, f"name different zones such as {platform.region}a.")


@rule("CIDR-SIZE", "the VPC needs /16 to /22: room for a job's interfaces in each zone.", "VPC: CIDR blocks")
def vpc_is_large_enough(platform: Platform, file: Path) -> Iterator[Violation]:
    cidr = platform.network.cidr
    if not 16 <= cidr.prefixlen <= 22:
        yield Violation("network.cidr", str(cidr), f"use {cidr.network_address}/16.")


@rule("REGION-IMAGES", "the catalogue has no AWS image account for this region.", "config/catalogue/images.yaml")
def region_has_images(platform: Platform, file: Path) -> Iterator[Violation]:
    accounts = catalogue.images().accounts
    if platform.region not in accounts:
        yield Violation("region", platform.region, f"use one of: {', '.join(sorted(accounts))}.")


@rule("IMAGE-KNOWN", "the catalogue has no such image.", "config/catalogue/images.yaml")
def images_are_known(platform: Platform, file: Path) -> Iterator[Violation]:
    known = catalogue.images().images
    for path, _, job in jobs(platform):
        if job.image not in known:
            yield Violation(f"{path}.image", job.image, f"use one of: {', '.join(sorted(known))}.")


@rule("CODE-EXISTS", "the script does not exist.", "the model's code folder")
def scripts_exist(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, code, job in jobs(platform):
        if not (ROOT / code / job.entry_point).is_file():
            yield Violation(
                f"{path}.entry_point", job.entry_point, f"add {code}/{job.entry_point} or correct the name."
            )


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


@rule("RESERVED-ARGUMENT", "the platform sets this one itself.", "stacks/pipeline_definition")
def arguments_are_the_users(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, names in _arguments(platform):
        for name in names:
            if name.startswith("sagemaker_") or name in ("input_dir", "output_dir"):
                yield Violation(f"{path}.{name}", name, "remove it.")


def _arguments(platform: Platform) -> Iterator[tuple[str, list[str]]]:
    for name, model in platform.models.items():
        yield f"models.{name}.processing.arguments", list(model.processing.arguments)
        for candidate, job in model.candidates.items():
            yield f"models.{name}.candidates.{candidate}.hyperparameters", list(job.hyperparameters)


@rule("APPROVAL-MANUAL", "only local and dev may release without a person's approval.", "threats: unapproved model")
def approval_is_manual_where_it_matters(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, model in platform.models.items():
        if model.approval == "automatic" and platform.environment not in AUTOMATIC_APPROVAL_IN:
            yield Violation(f"models.{name}.approval", model.approval, "write `approval: manual`.")


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
