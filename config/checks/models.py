"""Models: their images, scripts and arguments, and who approves them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.rule import DEVELOPMENT, Violation, rule
from config.schema import Job, Platform

ROOT = Path(__file__).parents[2]


def jobs(platform: Platform) -> Iterator[tuple[str, str, Job]]:
    """Every job with its path in the file and its model's code folder."""
    for name, model in platform.models.items():
        path = f"models.{name}"
        yield f"{path}.processing", model.code, model.processing
        yield f"{path}.evaluation", model.code, model.evaluation
        for candidate, job in model.candidates.items():
            yield f"{path}.candidates.{candidate}", model.code, job


@rule("IMAGE-KNOWN", "the catalogue has no such image.", "config/catalogue/images.yaml")
def images_are_known(platform: Platform, file: Path) -> Iterator[Violation]:
    known = catalogue.images().images
    for path, _, job in jobs(platform):
        if job.image not in known:
            yield Violation(f"{path}.image", job.image, f"use one of: {', '.join(sorted(known))}.")


@rule("CODE-EXISTS", "the script does not exist.", "docs/configuration.md")
def scripts_exist(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, code, job in jobs(platform):
        if not (ROOT / code / job.entry_point).is_file():
            yield Violation(
                f"{path}.entry_point", job.entry_point, f"add {code}/{job.entry_point} or correct the name."
            )


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


@rule(
    "APPROVAL-MANUAL",
    "only local and dev may release without a person's approval.",
    "SageMaker developer guide: update the approval status of a model",
)
def approval_is_manual_where_it_matters(platform: Platform, file: Path) -> Iterator[Violation]:
    for name, model in platform.models.items():
        if model.approval == "automatic" and platform.environment not in DEVELOPMENT:
            yield Violation(f"models.{name}.approval", model.approval, "write `approval: manual`.")
