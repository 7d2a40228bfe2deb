"""Ranges of hyperparameters: their form, their scale, and what algorithms let be searched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.candidates import Trained, tunings
from config.checks.rule import Violation, rule
from config.schema import Platform, SearchRange

RANGES = "SageMaker developer guide: define hyperparameter ranges"
SCALES = "SageMaker developer guide: hyperparameter scaling"
LIMITS = "SageMaker developer guide: resource limits for automatic model tuning"
TUNABLE = "SageMaker developer guide: the algorithm's tunable hyperparameters"


def _ranges(platform: Platform) -> Iterator[tuple[Trained, str, str, SearchRange]]:
    for each, tuning in tunings(platform):
        for name, range_ in tuning.ranges.items():
            yield each, f"{each.path}.tuning.ranges.{name}", name, range_


def _bounds(platform: Platform) -> Iterator[tuple[Trained, str, str, SearchRange, float, float]]:
    """The numeric ranges that have both bounds."""
    for each, path, name, range_ in _ranges(platform):
        if range_.type != "categorical" and range_.min is not None and range_.max is not None:
            yield each, path, name, range_, range_.min, range_.max


@rule("RANGE-SHAPE", "numbers have `min` and `max`, a categorical hyperparameter has `values`.", RANGES)
def ranges_have_what_their_type_needs(platform: Platform, file: Path) -> Iterator[Violation]:
    for _, path, _, range_ in _ranges(platform):
        categorical = range_.type == "categorical"
        needed = {"values"} if categorical else {"min", "max"}
        allowed = {"values"} if categorical else {"min", "max", "scale"}
        given = {name for name in ("min", "max", "scale", "values") if name in range_.model_fields_set}
        if not needed <= given or not given <= allowed:
            remove = f", and remove {', '.join(sorted(given - allowed))}" if given - allowed else ""
            fix = f"give {' and '.join(sorted(needed, reverse=True))}{remove}."
            yield Violation(path, sorted(given), fix)


@rule("RANGE-ORDER", "a range needs min < max: one value is no search.", RANGES)
def ranges_are_ordered(platform: Platform, file: Path) -> Iterator[Violation]:
    for _, path, name, _, low, high in _bounds(platform):
        if low >= high:
            yield Violation(f"{path}.min", low, f"use less than {high:g}, or fix `{name}` in `hyperparameters`.")


@rule("RANGE-INTEGER", "an integer range has whole bounds.", "SageMaker API: IntegerParameterRange")
def integer_ranges_have_whole_bounds(platform: Platform, file: Path) -> Iterator[Violation]:
    for _, path, _, range_, low, high in _bounds(platform):
        for bound, value in (("min", low), ("max", high)):
            if range_.type == "integer" and not value.is_integer():
                yield Violation(f"{path}.{bound}", value, "write a whole number, or `type: continuous`.")


@rule("RANGE-LOGARITHMIC", "there is no logarithm of zero or less.", SCALES)
def logarithmic_ranges_are_above_zero(platform: Platform, file: Path) -> Iterator[Violation]:
    for _, path, _, range_, low, _ in _bounds(platform):
        if range_.scale == "logarithmic" and low <= 0:
            yield Violation(f"{path}.min", low, "use a number above 0, such as 0.0001, or `scale: linear`.")


@rule("RANGE-REVERSE", "the reverse logarithm is for continuous ranges from 0 to below 1.", SCALES)
def reverse_logarithmic_ranges_are_below_one(platform: Platform, file: Path) -> Iterator[Violation]:
    for _, path, _, range_, low, high in _bounds(platform):
        if range_.scale == "reverse_logarithmic" and not (range_.type == "continuous" and 0 <= low <= high < 1):
            yield Violation(f"{path}.scale", range_.scale, "use `logarithmic` or `linear`, or bounds in [0, 1).")


@rule("RANGE-COUNT", "at most 30 hyperparameters can be searched; with a few the search is better.", LIMITS)
def few_hyperparameters_are_searched(platform: Platform, file: Path) -> Iterator[Violation]:
    most = catalogue.training().tuning.hyperparameters
    for each, tuning in tunings(platform):
        if len(tuning.ranges) > most:
            yield Violation(f"{each.path}.tuning.ranges", len(tuning.ranges), f"give at most {most}, better five.")


@rule("RANGE-VALUES", "a categorical hyperparameter has 2 to 30 values.", LIMITS)
def categories_are_some(platform: Platform, file: Path) -> Iterator[Violation]:
    most = catalogue.training().tuning.categorical_values
    for _, path, name, range_ in _ranges(platform):
        count = len(range_.values) if range_.values is not None else 2
        if not 2 <= count <= most:
            fix = f"give 2 to {most}, or fix `{name}` in `hyperparameters`."
            yield Violation(f"{path}.values", count, fix)


@rule("RANGE-TUNABLE", "the algorithm does not let this hyperparameter be searched.", TUNABLE)
def searched_hyperparameters_are_tunable(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, path, name, range_ in _ranges(platform):
        if each.algorithm and name not in each.algorithm.tunable:
            known = ", ".join(each.algorithm.tunable) or "none"
            yield Violation(path, range_.type, f"search among: {known}; fix `{name}` in `hyperparameters`.")


@rule("RANGE-TYPE", "the algorithm's hyperparameter is of another type.", TUNABLE)
def ranges_have_the_algorithms_type(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, path, name, range_ in _ranges(platform):
        right = each.algorithm.tunable.get(name) if each.algorithm else None
        # Some of a number's values may be listed.
        if right and range_.type not in (right, "categorical"):
            yield Violation(f"{path}.type", range_.type, f"write `type: {right}`.")


@rule("RANGE-ALLOWED", "the range leaves what the algorithm takes: such jobs would fail.", TUNABLE)
def ranges_stay_within_what_is_allowed(platform: Platform, file: Path) -> Iterator[Violation]:
    for each, path, name, _, low, high in _bounds(platform):
        allowed = each.algorithm.values.get(name) if each.algorithm else None
        for bound, value in (("min", low), ("max", high)):
            if allowed and not allowed.allow(value):
                yield Violation(f"{path}.{bound}", value, f"use {allowed.words}.")
