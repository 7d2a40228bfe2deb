"""What goes together: real-time, asynchronous and serverless endpoints, and shadows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config import catalogue
from config.checks.rule import Violation, rule
from config.schema import Platform, Variant

SERVERLESS = "SageMaker developer guide: serverless inference, feature exclusions"
# Nothing that a serverless variant has: it has no instance, and one container.
INSTANCES_ONLY = (
    "instance_type",
    "scaling",
    "instances",
    "containers",
    "startup_timeout_seconds",
    "download_timeout_seconds",
)


@rule(
    "MODE-ASYNCHRONOUS", "`asynchronous` belongs to mode asynchronous, and the mode needs it.", "docs/configuration.md"
)
def asynchronous_settings_belong_to_the_mode(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, endpoint in platform.endpoints.items():
        if endpoint.asynchronous and endpoint.mode != "asynchronous":
            yield Violation(
                f"endpoints.{name}.mode", endpoint.mode, "write `mode: asynchronous`, or remove the settings."
            )
        if not endpoint.asynchronous and endpoint.mode == "asynchronous":
            yield Violation(f"endpoints.{name}.asynchronous", None, "add `asynchronous: {}`.")


@rule("MODE-SERVERLESS", "mode serverless and `serverless` belong together.", "docs/configuration.md")
def serverless_settings_belong_to_the_mode(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, mode, variant in _modes(platform):
        if variant.serverless and mode != "serverless":
            yield Violation(f"{path}.serverless", mode, "write `mode: serverless`, or remove it.")
        if not variant.serverless and mode == "serverless":
            yield Violation(f"{path}.serverless", None, "add `serverless: {}`.")


@rule("SERVERLESS-ONE", "a serverless endpoint has one variant.", SERVERLESS)
def serverless_endpoints_have_one_variant(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, endpoint in platform.endpoints.items():
        if endpoint.mode == "serverless" and len(endpoint.variants) > 1:
            fix = "keep one; a second serverless model is an endpoint of its own."
            yield Violation(f"endpoints.{name}.variants", sorted(endpoint.variants), fix)


@rule("SERVERLESS-WITHOUT", "a serverless endpoint has no such thing.", SERVERLESS)
def serverless_endpoints_do_without(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, mode, variant in _modes(platform):
        given = [each for each in INSTANCES_ONLY if mode == "serverless" and each in variant.model_fields_set]
        for each in given:
            fix = f"it has no {each.replace('_', ' ')}: remove it."
            yield Violation(f"{path}.{each}", _plain(getattr(variant, each)), fix)
    for name, endpoint in platform.endpoints.items():
        path, rollout = f"endpoints.{name}", endpoint.rollout
        if endpoint.mode != "serverless":
            continue
        if endpoint.capture:
            yield Violation(f"{path}.capture", _plain(endpoint.capture), "it has no data capture: remove it.")
        if rollout.kind != "all_at_once":
            yield Violation(f"{path}.rollout.kind", rollout.kind, "write `kind: all_at_once`.")
        if rollout.alarms.period_seconds < 60:
            yield Violation(f"{path}.rollout.alarms.period_seconds", rollout.alarms.period_seconds, "write 60.")


@rule("SERVERLESS-MEMORY", "memory comes in steps of 1024 MiB.", "SageMaker API: ProductionVariantServerlessConfig")
def serverless_memory_is_offered(platform: Platform, file: Path) -> Iterator[Violation]:
    offered = catalogue.hosting().serverless_memory_mb
    for path, _, variant in _modes(platform):
        if variant.serverless and variant.serverless.memory_mb not in offered:
            fix = f"use one of: {', '.join(map(str, offered))}."
            yield Violation(f"{path}.serverless.memory_mb", variant.serverless.memory_mb, fix)


@rule(
    "SERVERLESS-PROVISIONED",
    "no more can be kept warm than may run at once.",
    "SageMaker API: ProductionVariantServerlessConfig",
)
def serverless_provisions_what_may_run(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, _, variant in _modes(platform):
        its = variant.serverless
        if its and its.provisioned_concurrency > its.max_concurrency:
            fix = f"at most {its.max_concurrency}, or raise `max_concurrency`."
            yield Violation(f"{path}.serverless.provisioned_concurrency", its.provisioned_concurrency, fix)


@rule(
    "SHADOW-ALONE",
    "a shadow gets the requests of one production variant, in an endpoint that answers at once.",
    "SageMaker API: ShadowProductionVariants; developer guide: shadow tests, exclusions",
)
def shadows_have_one_production_variant(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, endpoint in platform.endpoints.items():
        if endpoint.shadow and (endpoint.mode != "real_time" or len(endpoint.variants) > 1):
            found = f"{endpoint.mode}, {len(endpoint.variants)} variants"
            yield Violation(f"endpoints.{name}.shadow", found, "use mode real_time and one variant, or remove it.")


@rule(
    "SHADOW-CONTAINERS",
    "an endpoint with a shadow has no models of several containers.",
    "SageMaker developer guide: shadow tests, exclusions",
)
def shadows_have_one_container(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, endpoint in platform.endpoints.items():
        for each, its in endpoint.served.items():
            if endpoint.shadow and its.containers:
                where = "shadow" if its is endpoint.shadow else f"variants.{each}"
                path = f"endpoints.{name}.{where}.containers"
                yield Violation(path, len(its.containers), "use one container, or remove the shadow.")


@rule("SHADOW-NAME", "variant names are unique in an endpoint.", "SageMaker API: ProductionVariant")
def shadows_have_a_name_of_their_own(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, endpoint in platform.endpoints.items():
        if endpoint.shadow and endpoint.shadow.name in endpoint.variants:
            yield Violation(f"endpoints.{name}.shadow.name", endpoint.shadow.name, "use a name that no variant has.")


def _modes(platform: Platform) -> Iterator[tuple[str, str, Variant]]:
    """Every production variant with its path in the file and its endpoint's mode."""
    for name, endpoint in platform.endpoints.items():
        for variant, settings in endpoint.variants.items():
            yield f"endpoints.{name}.variants.{variant}", endpoint.mode, settings


def _plain(value: Any) -> Any:
    """Settings as the file has them: the keys that it gives."""
    if isinstance(value, list):
        return len(value)
    return value.model_dump(exclude_unset=True) if hasattr(value, "model_dump") else value
