"""Step caching: a step whose arguments did not change takes the result of an earlier execution.

Sources: "Caching pipeline steps" and "Default cache key attributes by pipeline step type" of the SageMaker developer
guide. What is not listed there, such as where outputs go or the instance type, does not make a step run again.
"""

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.sagemaker.errors import validation

Json = dict[str, Any]

_DEFINITION = ("AlgorithmSpecification", "HyperParameterRanges", "InputDataConfig", "StaticHyperParameters")
_KEYS: Mapping[str, tuple[str, ...]] = {
    "Processing": ("AppSpecification", "Environment", "ProcessingInputs"),
    "Training": (
        *("AlgorithmSpecification", "CheckpointConfig", "DebugHookConfig", "DebugRuleConfigurations", "Environment"),
        *("HyperParameters", "InputDataConfig"),
    ),
    "Tuning": ("HyperParameterTuningJobConfig", "TrainingJobDefinition", "TrainingJobDefinitions"),
    "Transform": ("DataProcessing", "Environment", "ModelName", "TransformInput"),
}
CACHED_TYPES = (*_KEYS, "Lambda")
_DURATION = re.compile(
    r"P(?=.)(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=.)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?",
    re.IGNORECASE,
)
_DAYS = {"years": 365, "months": 30, "weeks": 7, "days": 1}


def expire_after(step: str, kind: str, config: Json | None) -> dt.timedelta | None:
    """Return how old a result of a step may be, None if it is not cached; ValidationException for what is not sound."""
    if not config or not config.get("Enabled"):
        return None
    if kind not in CACHED_TYPES:
        raise validation(f"Step {step}: CacheConfig is for steps of type {', '.join(CACHED_TYPES)}, not {kind}.")
    given = config.get("ExpireAfter")
    match = _DURATION.fullmatch(given) if isinstance(given, str) else None
    if match is None:
        raise validation(
            f"Step {step}: CacheConfig.ExpireAfter {given!r} is not an ISO 8601 duration, such as P7D or PT12H."
        )
    parts = {name: int(value) for name, value in match.groupdict().items() if value}
    days = sum(_DAYS[name] * value for name, value in parts.items() if name in _DAYS)
    return dt.timedelta(days=days, **{name: value for name, value in parts.items() if name not in _DAYS})


def cache_key(kind: str, arguments: Json, function: str | None) -> str:
    """Return what two runs of a step must have in common; `function` is a Lambda step's."""
    if kind == "Lambda":
        chosen: Json = {"FunctionArn": function, "Arguments": arguments}
    else:
        chosen = {name: arguments.get(name) for name in _KEYS[kind]}
    if kind == "Tuning" and chosen["TrainingJobDefinition"]:
        definition = chosen["TrainingJobDefinition"]
        chosen["TrainingJobDefinition"] = {name: definition.get(name) for name in (*_DEFINITION, "TuningObjective")}
    return json.dumps(chosen, sort_keys=True, default=str)


@dataclass(frozen=True)
class Result:
    """How a step ended that succeeded: its properties and metadata, and the execution that it ran in."""

    properties: Json
    metadata: Json
    execution_arn: str
    ended: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))


class Cache:
    """The last result of each step and key within one pipeline; used under the region's lock."""

    def __init__(self) -> None:
        self._results: dict[tuple[str, str], Result] = {}

    def find(self, step: str, key: str, longest: dt.timedelta) -> Result | None:
        """Return the most recent result that is not older than `longest`."""
        result = self._results.get((step, key))
        return result if result and dt.datetime.now(dt.UTC) - result.ended <= longest else None

    def keep(self, step: str, key: str, result: Result) -> None:
        """Remember a result."""
        self._results[step, key] = result
