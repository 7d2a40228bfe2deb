"""The step that searches a candidate's hyperparameters with several jobs. The best one's model goes on.

The SageMaker SDK's tuning step leaves isolation, encryption between instances and the volume's key out; this one has
them, as every training job has.
"""

from __future__ import annotations

import json
from typing import Any

from config.schema import SearchRange, Tuning
from stacks.pipeline_definition.compute import Step
from stacks.pipeline_definition.plan import PipelinePlan
from stacks.pipeline_definition.training import algorithm, hyperparameters, job

_SCALES = {
    "auto": "Auto",
    "linear": "Linear",
    "logarithmic": "Logarithmic",
    "reverse_logarithmic": "ReverseLogarithmic",
}
_KINDS = {"integer": "Integer", "continuous": "Continuous", "categorical": "Categorical"}


def tuning(step: str, plan: PipelinePlan, name: str, settings: Tuning) -> Step:
    """A tuning job of the candidate `name`."""
    candidate = plan.candidates[name]
    arguments: dict[str, Any] = {
        "HyperParameterTuningJobConfig": {
            "Strategy": settings.strategy,
            "HyperParameterTuningJobObjective": {
                "Type": settings.objective.goal.capitalize(),
                "MetricName": settings.objective.metric,
            },
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": settings.max_jobs,
                "MaxParallelTrainingJobs": settings.parallel_jobs,
            },
            "ParameterRanges": _ranges(settings, script=candidate.settings.entry_point is not None),
            "TrainingJobEarlyStoppingType": "Auto" if settings.early_stopping else "Off",
        },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": algorithm(candidate),
            "StaticHyperParameters": hyperparameters(plan, candidate),
            **job(plan, name),
        },
    }
    if settings.warm_start:
        parents = [{"HyperParameterTuningJobName": parent} for parent in settings.warm_start.parents]
        arguments["WarmStartConfig"] = {
            "ParentHyperParameterTuningJobs": parents,
            "WarmStartType": settings.warm_start.kind,
        }
    return {"Name": step, "Type": "Tuning", "Arguments": arguments}


def _ranges(settings: Tuning, *, script: bool) -> dict[str, Any]:
    found: dict[str, list[dict[str, Any]]] = {f"{kind}ParameterRanges": [] for kind in _KINDS.values()}
    for name, its in settings.ranges.items():
        found[f"{_KINDS[its.type]}ParameterRanges"].append(_range(name, its, script=script))
    return {kind: ranges for kind, ranges in found.items() if ranges}


def _range(name: str, its: SearchRange, *, script: bool) -> dict[str, Any]:
    """ParameterRange of the API: all values are texts, and JSON for the training toolkit of a script."""
    if its.type == "categorical":
        return {"Name": name, "Values": [json.dumps(value) if script else value for value in its.values or ()]}
    return {
        "Name": name,
        "MinValue": _number(its.min, its.type),
        "MaxValue": _number(its.max, its.type),
        "ScalingType": _SCALES[its.scale],
    }


def _number(value: float | None, kind: str) -> str:
    if value is None:
        raise ValueError(f"a range of type {kind} has no bound: rule RANGE-SHAPE")
    return str(int(value)) if kind == "integer" else repr(float(value))
