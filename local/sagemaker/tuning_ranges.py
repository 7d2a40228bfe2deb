"""The hyperparameters that a tuning job varies: each as a number from 0 to 1 on its scale, and back as text.

Source: "Hyperparameter scaling" and API_ParameterRanges of the SageMaker documentation.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.sagemaker.errors import validation

Point = tuple[float, ...]
_SCALES = ("Linear", "Logarithmic", "ReverseLogarithmic")


@dataclass(frozen=True)
class Range:
    """One hyperparameter: numbers from `least` to `most` on a scale, or `values` to choose from."""

    name: str
    kind: str  # Integer, Continuous or Categorical
    least: float = 0.0
    most: float = 1.0
    scale: str = "Linear"
    values: tuple[str, ...] = ()

    def text(self, position: float) -> str:
        """Return the value at a position from 0 to 1, as a hyperparameter."""
        if self.values:
            return self.values[min(int(position * len(self.values)), len(self.values) - 1)]
        number = min(max(self._inverse(position), self.least), self.most)
        return str(round(number)) if self.kind == "Integer" else repr(number)

    def position(self, text: str) -> float:
        """Return where a value is, from 0 to 1; ValueError for one that is not in the range."""
        if self.values:
            return (self.values.index(text) + 0.5) / len(self.values)
        number = float(text)
        if not self.least <= number <= self.most:
            raise ValueError(f"{self.name} {text} is not between {self.least} and {self.most}")
        low, high = self._scaled(self.least), self._scaled(self.most)
        return 0.5 if low == high else (self._scaled(number) - low) / (high - low)

    def _scaled(self, number: float) -> float:
        if self.scale == "Logarithmic":
            return math.log(number)
        return -math.log(1 - number) if self.scale == "ReverseLogarithmic" else number

    def _inverse(self, position: float) -> float:
        low, high = self._scaled(self.least), self._scaled(self.most)
        scaled = low + position * (high - low)
        if self.scale == "Logarithmic":
            return math.exp(scaled)
        return 1 - math.exp(-scaled) if self.scale == "ReverseLogarithmic" else scaled


def ranges_of(given: Mapping[str, Any]) -> tuple[Range, ...]:
    """Return the ranges of a request; ValidationException for what is not sound."""
    if given.get("AutoParameters"):
        raise validation("ParameterRanges.AutoParameters is not supported by the local cloud. Give explicit ranges.")
    found = [
        *(_numeric("Integer", entry) for entry in given.get("IntegerParameterRanges") or []),
        *(_numeric("Continuous", entry) for entry in given.get("ContinuousParameterRanges") or []),
        *(
            Range(entry["Name"], "Categorical", values=tuple(entry["Values"]))
            for entry in given.get("CategoricalParameterRanges") or []
        ),
    ]
    names = [entry.name for entry in found]
    if not found:
        raise validation("A tuning job needs at least one hyperparameter range.")
    if len(set(names)) != len(names):
        raise validation(f"Each hyperparameter has one range: {', '.join(sorted(names))}.")
    return tuple(found)


def _numeric(kind: str, entry: Mapping[str, str]) -> Range:
    name, scale = entry["Name"], entry.get("ScalingType", "Auto")
    try:
        convert = int if kind == "Integer" else float
        least, most = float(convert(entry["MinValue"])), float(convert(entry["MaxValue"]))
    except ValueError as error:
        raise validation(
            f"{kind} range {name}: MinValue and MaxValue must be numbers of that kind: {error}."
        ) from error
    if least > most:
        raise validation(f"{kind} range {name}: MinValue {entry['MinValue']} is above MaxValue {entry['MaxValue']}.")
    scale = "Linear" if scale == "Auto" else scale
    if scale == "Logarithmic" and least <= 0:
        raise validation(f"{kind} range {name}: the Logarithmic scale needs a MinValue above 0.")
    if scale == "ReverseLogarithmic" and (kind == "Integer" or least < 0 or most >= 1):
        raise validation(f"{kind} range {name}: ReverseLogarithmic is for continuous ranges within 0 <= x < 1.")
    return Range(name, kind, least, most, scale)


def texts(ranges: Sequence[Range], point: Point) -> dict[str, str]:
    """Return the hyperparameters at a point."""
    return {one.name: one.text(position) for one, position in zip(ranges, point, strict=True)}


def point_of(ranges: Sequence[Range], values: Mapping[str, str]) -> Point | None:
    """Return where hyperparameters are, None where they are outside the ranges."""
    try:
        return tuple(one.position(values[one.name]) for one in ranges)
    except (KeyError, ValueError):
        return None
