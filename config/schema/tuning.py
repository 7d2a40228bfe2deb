"""Automatic model tuning: what is searched, how, and for how long."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.schema.base import Settings

JobName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9](-*[A-Za-z0-9])*$",
        max_length=32,
        description="Name of a tuning job.",
        examples=["reviews-2026-11-01"],
    ),
]


class Objective(Settings):
    """The metric that tells jobs apart."""

    metric: str = Field(min_length=1, max_length=255, examples=["validation:macro_f1"])
    goal: Literal["maximize", "minimize"]


class SearchRange(Settings):
    """Values of one hyperparameter: `min` and `max`, or `values` of a categorical one."""

    type: Literal["integer", "continuous", "categorical"]
    min: float | None = None
    max: float | None = None
    scale: Literal["auto", "linear", "logarithmic", "reverse_logarithmic"] = "auto"
    values: list[str] | None = Field(None, min_length=1)


class WarmStart(Settings):
    """Earlier tuning jobs to learn from."""

    parents: list[JobName] = Field(min_length=1, max_length=5)
    kind: Literal["IdenticalDataAndAlgorithm", "TransferLearning"]


class Tuning(Settings):
    """Several training jobs; the best is evaluated."""

    strategy: Literal["Bayesian", "Random", "Grid", "Hyperband"] = "Bayesian"
    objective: Objective
    ranges: dict[str, SearchRange] = Field(min_length=1, description="Hyperparameter -> where it is searched.")
    max_jobs: int = Field(ge=1, le=10000, description="Training jobs altogether.")
    parallel_jobs: int = Field(1, ge=1, le=100, description="Training jobs at once.")
    early_stopping: bool = Field(False, description="Stop jobs that are worse than the median of the others.")
    warm_start: WarmStart | None = None
