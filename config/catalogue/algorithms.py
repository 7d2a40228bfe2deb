"""What the built-in algorithms take."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Goal = Literal["maximize", "minimize"]
RangeType = Literal["integer", "continuous", "categorical"]


class Facts(BaseModel):
    """Common to all facts: unknown keys are errors and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Channels(Facts):
    """Names of channels. `with_images`: required when images, not RecordIO, are read; `aliases`: other name -> name."""

    required: list[str]
    optional: list[str] = []
    with_images: list[str] = []
    aliases: dict[str, str] = {}

    @property
    def known(self) -> list[str]:
        """Every channel that the algorithm reads."""
        return [*self.required, *self.optional, *self.aliases]


class Machines(Facts):
    """What a job may run on. `several`: instances; `several_gpus`: uses more than one of a machine."""

    cpu: bool
    gpu: bool
    several: bool
    several_gpus: bool


class Values(Facts):
    """A hyperparameter's documented values."""

    min: float | None = None
    max: float | None = None
    one_of: list[str] | None = None

    def allow(self, value: object) -> bool:
        """Whether it is one of them. `auto`, and what is put together when the pipeline runs, is not judged."""
        if self.one_of is not None:
            return str(value) in self.one_of
        if isinstance(value, bool) or not isinstance(value, int | float):
            return not _is_number(value) or self.allow(float(str(value)))
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)

    @property
    def words(self) -> str:
        """What may be written."""
        if self.one_of is not None:
            return f"one of: {', '.join(self.one_of)}"
        bounds = (
            f"at least {self.min:g}" if self.min is not None else "",
            f"at most {self.max:g}" if self.max is not None else "",
        )
        return " and ".join(bound for bound in bounds if bound)


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True


class Algorithm(Facts):
    """One algorithm. `page`: of the developer guide; the rest is explained in algorithms.yaml."""

    page: str
    scripted: bool = False
    channels: Channels
    content: dict[str, list[str]] = {}
    modes: list[str]
    pipe_content: list[str] | None = None
    machines: Machines
    several_when: dict[str, list[str]] = {}
    distribution: dict[str, str] = {}
    label: bool = True
    incremental: bool = False
    checkpoints: bool = False
    early_stopping: bool = False
    required: list[str] = []
    required_when: dict[str, dict[str, list[str]]] = {}
    hyperparameters: list[str]
    values: dict[str, Values] = {}
    not_above: dict[str, str] = {}
    metrics: dict[str, Goal] = {}
    tunable: dict[str, RangeType] = {}

    @property
    def source(self) -> str:
        """Where its facts are written."""
        return f"SageMaker developer guide: {self.page}"
