"""Where a container comes from: a released candidate, a fixed package, or an image of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.arn import Arn
from config.checks.endpoints import served
from config.checks.rule import Violation, rule
from config.schema import Container, Platform

SOURCES = "`model` with `candidate`, `package`, `image`"
IMAGE = re.compile(r"(?P<host>[^/]+)/(?P<repository>[a-z0-9][a-z0-9._/-]*)(?P<version>[@:].*)?")
DIGEST = re.compile(r"@sha256:[0-9a-f]{64}")
VERSION = re.compile(r"(?P<group>[A-Za-z0-9](-*[A-Za-z0-9])*)/[1-9][0-9]{0,8}")


def containers(platform: Platform) -> Iterator[tuple[str, Container]]:
    """Every container with its path in the file."""
    for path, each in served(platform):
        if each.containers is None:
            yield path, each
        else:
            yield from ((f"{path}.containers.{index}", container) for index, container in enumerate(each.containers))


def _images(platform: Platform) -> Iterator[tuple[str, str]]:
    """Every image of one's own, that serves or trains, with its path in the file."""
    for path, container in containers(platform):
        if container.image:
            yield f"{path}.image.uri", container.image.uri
    for name, model in platform.models.items():
        for candidate, settings in model.candidates.items():
            if settings.own_image:
                yield f"models.{name}.candidates.{candidate}.own_image", settings.own_image


def _sources(container: Container) -> list[str]:
    """Which sources it names."""
    given = {
        "model": container.model is not None or container.candidate is not None,
        "package": container.package is not None,
        "image": container.image is not None,
    }
    return [name for name, is_given in given.items() if is_given]


@rule("SOURCE-ONE", "a container has exactly one source.", "docs/configuration.md")
def containers_have_one_source(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, each in served(platform):
        if each.containers is not None and _sources(each):
            yield Violation(path, _sources(each), f"name the sources in `containers` only: {SOURCES}.")
    for path, container in containers(platform):
        if len(_sources(container)) != 1 or (container.model is None) != (container.candidate is None):
            yield Violation(path, _sources(container), f"give one of: {SOURCES}.")


@rule("CANDIDATE-EXISTS", "a variant serves a candidate of a model of this file.", "SageMaker: production variants")
def variants_serve_known_candidates(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, container in containers(platform):
        if container.model is None:
            continue
        model = platform.models.get(container.model)
        if model is None:
            yield Violation(f"{path}.model", container.model, f"use one of: {', '.join(sorted(platform.models))}.")
        elif container.candidate is not None and container.candidate not in model.candidates:
            known = ", ".join(sorted(model.candidates))
            yield Violation(f"{path}.candidate", container.candidate, f"use one of: {known}.")


@rule(
    "PIPELINE-RELEASED",
    "a variant has one package that a release sets: its stack has one parameter for it.",
    "docs/adr/0001-releases-are-stack-parameters.md",
)
def pipelines_release_one_container(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, each in served(platform):
        released = [index for index, container in enumerate(each.chain) if container.is_released]
        for index in released[1:]:
            candidate = each.chain[index].candidate
            yield Violation(f"{path}.containers.{index}.candidate", candidate, "fix it: `package` or `image`.")


@rule(
    "IMAGE-DIGEST",
    "a tag can be moved to another image, `latest` is: only a digest names one.",
    "Amazon ECR user guide: image tag mutability",
)
def images_are_named_by_digest(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, uri in _images(platform):
        match = IMAGE.fullmatch(uri)
        if match is None or not DIGEST.fullmatch(match["version"] or ""):
            fix = "end it in @sha256: and 64 hex digits, as `aws ecr describe-images` says."
            yield Violation(path, uri, fix)


@rule(
    "IMAGE-REGISTRY",
    "images come from a private registry of this account or of AWS's, in this region.",
    "SageMaker API: ContainerDefinition; config/catalogue/images.yaml",
)
def images_come_from_private_registries(platform: Platform, file: Path) -> Iterator[Violation]:
    accounts = [platform.account, *filter(None, [catalogue.images().accounts.get(platform.region)])]
    hosts = [f"{account}.dkr.ecr.{platform.region}.amazonaws.com" for account in accounts]
    for path, uri in _images(platform):
        if uri.partition("/")[0] not in hosts:
            yield Violation(path, uri, f"push it to {hosts[0]}, and name it there.")


@rule(
    "PACKAGE-VERSION",
    "a fixed package is one version of a group of this file: its role may read those models' archives only.",
    "SageMaker API: ModelPackageArn",
)
def packages_are_versions_of_known_groups(platform: Platform, file: Path) -> Iterator[Violation]:
    groups = sorted(platform.name(m, c) for m, its in platform.models.items() for c in its.candidates)
    for path, container in containers(platform):
        match = VERSION.fullmatch(Arn.parse(container.package).name) if container.package else None
        if container.package and (match is None or match["group"] not in groups):
            fix = f"end it in <group>/<version>, with one of the groups {', '.join(groups)}."
            yield Violation(f"{path}.package", container.package, fix)


@rule(
    "RESERVED-VARIABLE",
    "the platform or SageMaker sets this one itself.",
    "config/catalogue/hosting.yaml",
)
def variables_are_the_users(platform: Platform, file: Path) -> Iterator[Violation]:
    hosting = catalogue.hosting()
    for path, each in served(platform):
        for name in each.environment:
            if name in hosting.reserved_variables or name.startswith(tuple(hosting.reserved_beginnings)):
                yield Violation(f"{path}.environment.{name}", name, "remove it.")


@rule("VARIABLE-FORM", "containers take no such variable.", "SageMaker API: ContainerDefinition")
def variables_have_a_possible_form(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, each in served(platform):
        for name, value in each.environment.items():
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,1023}", name) or len(value) > 1024:
                fix = "letters, digits and _, no digit first; at most 1024 characters, as in the value."
                yield Violation(f"{path}.environment.{name}", value, fix)
