"""The step that trains a candidate: one job, with everything its settings say."""

from __future__ import annotations

import json
from typing import Any

from stacks.pipeline_definition.channels import MODEL_CONTENT, channel, files
from stacks.pipeline_definition.compute import ISOLATED, Step
from stacks.pipeline_definition.functions import EXECUTION_ID, Value, function_output, join, named_parameter
from stacks.pipeline_definition.plan import CandidatePlan, PipelinePlan

CHECKPOINTS = "/opt/ml/checkpoints"


def training(step: str, plan: PipelinePlan, name: str) -> Step:
    """A training job of the candidate `name`."""
    candidate = plan.candidates[name]
    return {
        "Name": step,
        "Type": "Training",
        "Arguments": {
            "AlgorithmSpecification": algorithm(candidate),
            "HyperParameters": hyperparameters(plan, candidate),
            **job(plan, name),
            **_watched(plan, name),
        },
    }


def algorithm(candidate: CandidatePlan) -> dict[str, Any]:
    """The image, how it reads its data, and what is read from its log."""
    found: dict[str, Any] = {
        "TrainingImage": candidate.compute.image,
        "TrainingInputMode": candidate.settings.input_mode,
    }
    # A built-in algorithm has metrics of its own, and SageMaker refuses others.
    if not candidate.settings.algorithm:
        metrics = candidate.settings.metrics.items()
        found["MetricDefinitions"] = [{"Name": key, "Regex": regex} for key, regex in metrics]
    return found


def hyperparameters(plan: PipelinePlan, candidate: CandidatePlan) -> dict[str, Value]:
    """All values are texts. The training toolkit reads those of a script as JSON, and as plain text what is no JSON."""
    script = candidate.settings.entry_point
    found = {
        key: named_parameter(value, plan.settings.parameters) or (json.dumps(value) if script else plain(value))
        for key, value in candidate.settings.hyperparameters.items()
    }
    if script:
        found |= {
            "sagemaker_program": json.dumps(script),
            # An isolated job cannot fetch code itself, so code is a channel.
            "sagemaker_submit_directory": json.dumps(f"/opt/ml/input/data/code/{plan.code_name}"),
            "sagemaker_region": json.dumps(plan.region),
        }
    return found


def plain(value: object) -> str:
    """As built-in algorithms read it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def job(plan: PipelinePlan, name: str) -> dict[str, Any]:
    """What a training job and the jobs of a tuning job have in common."""
    candidate = plan.candidates[name]
    its, compute = candidate.settings, candidate.compute
    cluster = compute.cluster()
    if its.warm_pool_minutes:
        cluster["KeepAlivePeriodInSeconds"] = its.warm_pool_minutes * 60
    found: dict[str, Any] = {
        "RoleArn": compute.role,
        "InputDataConfig": _channels(plan, name),
        "OutputDataConfig": {"S3OutputPath": output(plan, name), "KmsKeyId": compute.output_key},
        "ResourceConfig": cluster,
        "StoppingCondition": {"MaxRuntimeInSeconds": compute.max_runtime_seconds},
        "VpcConfig": compute.vpc(),
        **ISOLATED,
    }
    if its.spot:
        found["EnableManagedSpotTraining"] = True
        found["StoppingCondition"]["MaxWaitTimeInSeconds"] = its.spot.max_wait_minutes * 60
    if its.checkpoints:
        # Of this execution: another one's data are other data, and a script would believe that it had learnt from them.
        folder = f"s3://{plan.artifacts_bucket}/checkpoints/{plan.model}/{name}"
        found["CheckpointConfig"] = {"S3Uri": join("/", folder, EXECUTION_ID), "LocalPath": CHECKPOINTS}
    return found


def output(plan: PipelinePlan, name: str) -> str:
    """Below it each job writes `<job>/output/model.tar.gz`."""
    return f"s3://{plan.artifacts_bucket}/models/{plan.model}/{name}"


def _channels(plan: PipelinePlan, name: str) -> list[dict[str, Any]]:
    its = plan.candidates[name].settings
    found = [channel(key, settings, "Process") for key, settings in its.channels.items()]
    if its.entry_point:
        found.append(files("code", plan.code_uri))
    if its.incremental:
        content_type = MODEL_CONTENT if its.algorithm else None
        found.append(files("model", function_output("Champion", f"artifact_{name}"), content_type))
    return found


def _watched(plan: PipelinePlan, name: str) -> dict[str, Any]:
    """Debugger and Profiler: passed through for accounts that may still use them."""
    its = plan.candidates[name].settings
    folder = f"s3://{plan.artifacts_bucket}/debug/{plan.model}/{name}"
    found: dict[str, Any] = {}
    if its.debugger:
        found["DebugHookConfig"] = {
            "S3OutputPath": folder,
            "HookParameters": its.debugger.parameters,
            "CollectionConfigurations": [
                {"CollectionName": key, "CollectionParameters": values}
                for key, values in its.debugger.collections.items()
            ],
        }
    if its.profiler:
        found["ProfilerConfig"] = {
            "S3OutputPath": folder,
            "ProfilingIntervalInMilliseconds": its.profiler.interval_ms,
            "ProfilingParameters": its.profiler.parameters,
        }
    return found
