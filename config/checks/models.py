"""Models: their images, scripts and arguments, and who approves them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.machines import machines
from config.checks.rule import DEVELOPMENT, Violation, rule
from config.schema import Job, Platform, Script

ROOT = Path(__file__).parents[2]


def scripts(platform: Platform) -> Iterator[tuple[str, str, Job | Script]]:
    """Every job of a script, with its path in the file and its model's code folder."""
    for name, model in platform.models.items():
        path = f"models.{name}"
        yield f"{path}.processing", model.code, model.processing
        yield f"{path}.evaluation", model.code, model.evaluation
        for candidate, job in model.candidates.items():
            if job.entry_point is not None and job.image is not None:
                yield f"{path}.candidates.{candidate}", model.code, job.script


@rule("IMAGE-KNOWN", "the catalogue has no such image.", "config/catalogue/images.yaml")
def images_are_known(platform: Platform, file: Path) -> Iterator[Violation]:
    known, retired = catalogue.images().images, catalogue.images().retired
    for path, _, job in scripts(platform):
        if job.image not in known and job.image not in retired:
            yield Violation(f"{path}.image", job.image, f"use one of: {', '.join(sorted(known))}.")


@rule(
    "IMAGE-PATCHED",
    "AWS patches this image no longer: what is found in it stays open.",
    "config/catalogue/images.yaml; AWS: support policy of its deep learning containers",
)
def images_are_patched(platform: Platform, file: Path) -> Iterator[Violation]:
    facts = catalogue.images()
    ends = {name: image.patched_until for name, image in facts.retired.items()}
    ends |= {name: image.patched_until for name, image in facts.images.items()}
    for path, _, job in scripts(platform):
        # Against the day of the last review, not today: the same file gives the same answer on every day.
        if job.image in ends and ends[job.image] < facts.reviewed:
            successor = facts.retired[job.image].instead if job.image in facts.retired else "a newer version"
            yield Violation(f"{path}.image", job.image, f"its patches ended on {ends[job.image]}: use {successor}.")


@rule("IMAGE-GPU", "this image does not use GPUs: they would be paid for and idle.", "config/catalogue/images.yaml")
def images_pay_for_no_idle_gpu(platform: Platform, file: Path) -> Iterator[Violation]:
    images, machines_ = catalogue.images().images, dict(machines(platform))
    for path, _, job in scripts(platform):
        instance_type = machines_[path].instance_type
        if job.image in images and not images[job.image].gpu and catalogue.has_gpus(instance_type):
            fix = "use a machine without GPUs, such as ml.m5.2xlarge."
            yield Violation(f"{path}.instance_type", instance_type, fix)


@rule("CODE-EXISTS", "the script does not exist.", "docs/configuration.md")
def scripts_exist(platform: Platform, file: Path) -> Iterator[Violation]:
    for path, code, job in scripts(platform):
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
