"""Machines: a type that SageMaker offers for what it is used for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.endpoints import served
from config.checks.rule import Violation, rule
from config.nearest import nearest
from config.schema import Platform


@rule(
    "INSTANCE-TYPE",
    "SageMaker does not offer this instance type for this use.",
    "config/catalogue/instance_families.yaml",
)
def instance_types_are_offered(platform: Platform, file: Path) -> Iterator[Violation]:
    families = catalogue.instance_families()
    for path, instance_type, uses in _machines(platform):
        offered = [each for use in uses for each in families.offered(use)]
        # Most endpoints' instances scale, so AUTOSCALING-BURSTABLE has these.
        unfit = families.burstable if "hosting" in uses else ()
        if instance_type not in offered and catalogue.family(instance_type) not in unfit:
            fit = [each for each in offered if catalogue.family(each) not in unfit]
            yield Violation(path, instance_type, f"{nearest(instance_type, fit)}{_choice(instance_type, fit, uses)}")


def _machines(platform: Platform) -> Iterator[tuple[str, str, list[catalogue.Use]]]:
    """Every instance type with its path and its uses."""
    for name, model in platform.models.items():
        path = f"models.{name}"
        yield f"{path}.processing.instance_type", model.processing.instance_type, ["processing"]
        yield f"{path}.evaluation.instance_type", model.evaluation.instance_type, ["processing"]
        for candidate, job in model.candidates.items():
            yield f"{path}.candidates.{candidate}.instance_type", job.instance_type, ["training"]
        if model.transform:
            yield f"{path}.transform.instance_type", model.transform.instance_type, ["transform"]
    for path, each in served(platform):
        yield f"{path}.instance_type", each.instance_type, ["hosting"]
    for index, instance_type in enumerate(platform.identity.data_scientist.instance_types):
        yield f"identity.data_scientist.instance_types.{index}", instance_type, ["processing", "training"]


def _choice(instance_type: str, fit: list[str], uses: list[catalogue.Use]) -> str:
    """The sizes of its family, or the families when that one is not offered."""
    name = catalogue.family(instance_type)
    sizes = [each for each in fit if catalogue.family(each) == name]
    if sizes:
        return f"for {' or '.join(uses)} there are {', '.join(dict.fromkeys(sizes))}."
    return f"families for {' or '.join(uses)}: {', '.join(sorted({catalogue.family(each) for each in fit}))}."
