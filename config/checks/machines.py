"""Every job's machine."""

from __future__ import annotations

from collections.abc import Iterator

from config.schema import Machine, Platform, Transform


def machines(platform: Platform) -> Iterator[tuple[str, Machine | Transform]]:
    """Every job's machine with its path in the file."""
    for name, model in platform.models.items():
        path = f"models.{name}"
        yield f"{path}.processing", model.processing
        yield f"{path}.evaluation", model.evaluation
        for candidate, settings in model.candidates.items():
            yield f"{path}.candidates.{candidate}", settings
        if model.transform:
            yield f"{path}.transform", model.transform


def most_instances(platform: Platform) -> int:
    """How many instances run when every job of every model does."""
    count = 0
    for model in platform.models.values():
        count += 2 + (model.transform.instances if model.transform else 0)
        for candidate in model.candidates.values():
            count += candidate.instances * (candidate.tuning.parallel_jobs if candidate.tuning else 1)
    return count
