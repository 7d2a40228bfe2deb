"""What the local cloud refuses of a tuning job, because AWS does or because it would not do it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from local.sagemaker import training_checks
from local.sagemaker.errors import require_only, unsupported, validation
from local.sagemaker.tuning_ranges import Range

Params = Mapping[str, Any]
_CONFIG = (
    *("Strategy", "StrategyConfig", "HyperParameterTuningJobObjective", "ResourceLimits", "ParameterRanges"),
    *("TrainingJobEarlyStoppingType", "TuningJobCompletionCriteria", "RandomSeed"),
)
_DEFINITION = (
    *("DefinitionName", "TuningObjective", "HyperParameterRanges", "StaticHyperParameters", "AlgorithmSpecification"),
    *("RoleArn", "InputDataConfig", "VpcConfig", "OutputDataConfig", "ResourceConfig", "StoppingCondition"),
    *("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining"),
    *("CheckpointConfig", "Environment"),
)
_EPOCHS = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs")


def check(params: Params, ranges: Sequence[Range]) -> None:
    """Raise ValidationException that names what is wrong with a job, or what of it cannot be carried out here."""
    config, definition = params["HyperParameterTuningJobConfig"], params["TrainingJobDefinition"]
    require_only("HyperParameterTuningJobConfig", config, _CONFIG)
    require_only("TrainingJobDefinition", definition, _DEFINITION)
    criteria = ("TargetObjectiveMetricValue", "BestObjectiveNotImproving")
    require_only("TuningJobCompletionCriteria", config.get("TuningJobCompletionCriteria") or {}, criteria)
    if not definition.get("ResourceConfig"):
        raise unsupported("TrainingJobDefinition without ResourceConfig", "Name the instances there.")
    _check_strategy(config, ranges)
    hyperband_resources(config, definition)
    _check_names(config, definition, ranges)
    static = definition.get("StaticHyperParameters") or {}
    tuned = {one.name: one.text(0.5) for one in ranges}
    training_checks.check({**definition, "HyperParameters": {**static, **tuned}})


def _check_strategy(config: Params, ranges: Sequence[Range]) -> None:
    strategy, limits = config["Strategy"], config["ResourceLimits"]
    total = limits.get("MaxNumberOfTrainingJobs")
    if total is not None and limits["MaxParallelTrainingJobs"] > total:
        raise validation(
            f"MaxParallelTrainingJobs {limits['MaxParallelTrainingJobs']} is above MaxNumberOfTrainingJobs {total}."
        )
    if strategy == "Grid":
        if any(not one.values for one in ranges):
            raise validation("Strategy Grid takes categorical ranges only: name the values to try.")
        combinations = math.prod(len(one.values) for one in ranges)
        if total not in (None, combinations):
            raise validation(f"Strategy Grid tries all {combinations} combinations: leave MaxNumberOfTrainingJobs out.")
    elif total is None:
        raise validation(f"Strategy {strategy} needs ResourceLimits.MaxNumberOfTrainingJobs.")
    hyperband = (config.get("StrategyConfig") or {}).get("HyperbandStrategyConfig")
    if strategy == "Hyperband" and config.get("TrainingJobEarlyStoppingType") == "Auto":
        raise validation("Strategy Hyperband stops training jobs by itself: set TrainingJobEarlyStoppingType to Off.")
    if strategy != "Hyperband" and hyperband:
        raise validation(f"HyperbandStrategyConfig is for Strategy Hyperband, not {strategy}.")


def hyperband_resources(config: Params, definition: Params) -> tuple[int, int] | None:
    """Return MinResource and MaxResource of a Hyperband job, the latter inferred where SageMaker infers it.

    Source: API_HyperbandStrategyConfig.
    """
    if config["Strategy"] != "Hyperband":
        return None
    given = (config.get("StrategyConfig") or {}).get("HyperbandStrategyConfig") or {}
    static = definition.get("StaticHyperParameters") or {}
    epochs = next((static[name].strip('"') for name in _EPOCHS if name in static), "")
    most = given.get("MaxResource") or (int(epochs) if epochs.isdigit() else None)
    if most is None:
        raise validation(
            "Strategy Hyperband needs HyperbandStrategyConfig.MaxResource: it cannot be inferred, because no static "
            f"hyperparameter is one of {', '.join(_EPOCHS)}."
        )
    least = given.get("MinResource", 1)
    if least >= most:
        raise validation(f"HyperbandStrategyConfig: MinResource {least} must be below MaxResource {most}.")
    return least, most


def _check_names(config: Params, definition: Params, ranges: Sequence[Range]) -> None:
    objective = config.get("HyperParameterTuningJobObjective")
    if not objective:
        raise validation("HyperParameterTuningJobObjective must be given: which metric, and Maximize or Minimize.")
    names = [entry["Name"] for entry in definition["AlgorithmSpecification"].get("MetricDefinitions") or []]
    if objective["MetricName"] not in names:
        raise validation(
            f"The objective metric {objective['MetricName']} is not among MetricDefinitions: {', '.join(names)}."
        )
    both = sorted({one.name for one in ranges} & set(definition.get("StaticHyperParameters") or {}))
    if both:
        raise validation(f"Hyperparameters are either static or tuned, not both: {', '.join(both)}.")
