"""The candidates of all models, with what the catalogue says of their algorithms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from config import catalogue
from config.catalogue.algorithms import Algorithm
from config.schema import Candidate, Channel, Model, Platform, Tuning

ROOT = Path(__file__).parents[2]
CHANNELS = "SageMaker API: Channel"


@dataclass(frozen=True)
class Trained:
    """One candidate: where it stands in the file, the names that lead to it, its model."""

    path: str
    name: str
    model_name: str
    model: Model
    its: Candidate

    @property
    def algorithm(self) -> Algorithm | None:
        """The facts of its algorithm; None without one, or with an unknown one, which ALGORITHM-KNOWN refuses."""
        return catalogue.algorithms().get(self.its.algorithm) if self.its.algorithm else None

    @property
    def its_own_metrics(self) -> bool:
        """Whether `metrics` says what is read from its log; most built-in algorithms bring their own."""
        return self.algorithm is None or self.algorithm.scripted

    def value(self, name: str) -> object:
        """A hyperparameter's value, of a pipeline parameter its default; None when it is absent or tuned."""
        return resolved(self.model, self.its.hyperparameters.get(name))

    def sets(self, conditions: Mapping[str, list[str]]) -> bool:
        """Whether each hyperparameter has one of these values; a tuned one may have any."""
        tuned = self.its.tuning.ranges if self.its.tuning else {}
        return all(name in tuned or str(self.value(name)) in values for name, values in conditions.items())


def candidates(platform: Platform) -> Iterator[Trained]:
    """Every candidate of every model."""
    for model_name, model in platform.models.items():
        for name, candidate in model.candidates.items():
            yield Trained(f"models.{model_name}.candidates.{name}", name, model_name, model, candidate)


def algorithms(platform: Platform) -> Iterator[tuple[Trained, Algorithm]]:
    """Every candidate of a known built-in algorithm, with its facts."""
    for each in candidates(platform):
        if each.algorithm:
            yield each, each.algorithm


def tunings(platform: Platform) -> Iterator[tuple[Trained, Tuning]]:
    """Every candidate whose hyperparameters are searched."""
    for each in candidates(platform):
        if each.its.tuning:
            yield each, each.its.tuning


def channels(each: Trained) -> Iterator[tuple[str, str, Channel]]:
    """Every channel of a candidate: its path in the file, its name, its settings."""
    for name, channel in each.its.channels.items():
        yield f"{each.path}.channels.{name}", name, channel


def input_mode(each: Trained, channel: Channel) -> str:
    """How the channel's data reach the container."""
    return channel.input_mode or each.its.input_mode


def resolved(model: Model, value: object) -> object:
    """The default of the pipeline parameter that a value names; any other value as it is."""
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        parameter = model.parameters.get(value[1:-1])
        return parameter.default if parameter else value
    return value


def mentions(code: str, *words: str) -> bool:
    """Whether a script of a model's folder has one of these words."""
    texts = [path.read_text("utf-8") for path in sorted((ROOT / code).glob("*.py"))]
    return any(word in text for text in texts for word in words)
