"""The pipeline of one model: Process -> Train each candidate -> Evaluate all -> Gate each -> Register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stacks.pipeline_definition import steps
from stacks.pipeline_definition.functions import (
    EXECUTION_ID,
    Reference,
    join,
    json_get,
    model_artifact,
    parameter,
    processing_output,
)

MANIFEST_PARAMETER = "InputManifest"
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class JobPlan:
    """A processing job: script, its arguments, machine."""

    entry_point: str
    arguments: Mapping[str, object]
    compute: steps.Compute


@dataclass(frozen=True)
class CandidatePlan:
    """How one candidate is trained and where it is registered."""

    entry_point: str
    hyperparameters: Mapping[str, object]
    metrics: Mapping[str, str]
    compute: steps.Compute
    group: str


@dataclass(frozen=True)
class PipelinePlan:
    """Everything the definition of one model's pipeline is made of. Buckets are names, `code_*` one archive."""

    model: str
    region: str
    data_bucket: str
    artifacts_bucket: str
    code_uri: str
    code_name: str
    processing: JobPlan
    evaluation: JobPlan
    candidates: Mapping[str, CandidatePlan]
    metric: str
    at_least: float
    approval: str


def pipeline_definition(plan: PipelinePlan) -> dict[str, Any]:
    """The definition, ready for AWS::SageMaker::Pipeline once it is JSON."""
    return {
        "Version": "2020-12-01",
        "Metadata": {},
        # Key of the batch's _READY marker in the data bucket; the marker is a SageMaker manifest of the batch's files.
        "Parameters": [{"Name": MANIFEST_PARAMETER, "Type": "String"}],
        "Steps": [
            _process(plan),
            *(_train(plan, name) for name in plan.candidates),
            _evaluate(plan),
            _stop_if_none_passed(plan),
            *(_gate(plan, name) for name in plan.candidates),
        ],
    }


def _process(plan: PipelinePlan) -> steps.Step:
    processed = f"s3://{plan.data_bucket}/processed/{plan.model}"
    return steps.processing(
        "Process",
        compute=plan.processing.compute,
        entry_point=plan.processing.entry_point,
        arguments={
            "input_dir": f"{steps.PROCESSING}/input/raw",
            "output_dir": f"{steps.PROCESSING}/output",
            **plan.processing.arguments,
        },
        inputs=[
            _code(plan),
            steps.ProcessingInput(
                "raw", join("/", f"s3://{plan.data_bucket}", parameter(MANIFEST_PARAMETER)), data_type="ManifestFile"
            ),
        ],
        outputs=[
            steps.ProcessingOutput(name, join("/", processed, EXECUTION_ID, name)) for name in (*SPLITS, "report")
        ],
    )


def _train(plan: PipelinePlan, name: str) -> steps.Step:
    candidate = plan.candidates[name]
    return steps.training(
        f"Train-{name}",
        compute=candidate.compute,
        script=steps.Script(
            entry_point=candidate.entry_point,
            archive_uri=plan.code_uri,
            archive_name=plan.code_name,
            region=plan.region,
            hyperparameters=candidate.hyperparameters,
        ),
        channels={split: processing_output("Process", split) for split in ("train", "validation")},
        output=f"s3://{plan.artifacts_bucket}/models/{plan.model}/{name}",
        metrics=candidate.metrics,
    )


def _evaluate(plan: PipelinePlan) -> steps.Step:
    """All candidates on the same test split, each through its own inference code."""
    models = [steps.ProcessingInput(f"models/{name}", model_artifact(f"Train-{name}")) for name in plan.candidates]
    return steps.processing(
        "Evaluate",
        compute=plan.evaluation.compute,
        entry_point=plan.evaluation.entry_point,
        arguments={
            "test_dir": f"{steps.PROCESSING}/input/test",
            "models_dir": f"{steps.PROCESSING}/input/models",
            "output_dir": f"{steps.PROCESSING}/output/evaluation",
            **plan.evaluation.arguments,
        },
        inputs=[_code(plan), steps.ProcessingInput("test", processing_output("Process", "test")), *models],
        outputs=[
            steps.ProcessingOutput(
                "evaluation", join("/", f"s3://{plan.artifacts_bucket}/evaluations/{plan.model}", EXECUTION_ID)
            )
        ],
        property_files={"evaluation": ("evaluation", "evaluation.json")},
    )


def _stop_if_none_passed(plan: PipelinePlan) -> steps.Step:
    message = f"No candidate of {plan.model} reached {plan.metric} >= {plan.at_least} on the test split."
    failed = [steps.less_than(_score(plan, name), plan.at_least) for name in plan.candidates]
    return steps.condition("Gate", all_of=failed, then=[steps.fail("NoCandidatePassed", message=message)])


def _gate(plan: PipelinePlan, name: str) -> steps.Step:
    candidate = plan.candidates[name]
    registration = steps.register(
        f"Register-{name}",
        group=candidate.group,
        image=candidate.compute.image,
        model_data=model_artifact(f"Train-{name}"),
        approval=plan.approval,
        statistics=join("/", processing_output("Evaluate", "evaluation"), "evaluation.json"),
        properties={"candidate": name, "pipeline-execution": EXECUTION_ID},
    )
    passed = steps.at_least(_score(plan, name), plan.at_least)
    return steps.condition(f"Gate-{name}", all_of=[passed], then=[registration])


def _score(plan: PipelinePlan, name: str) -> Reference:
    return json_get("Evaluate", "evaluation", f"{name}.{plan.metric}")


def _code(plan: PipelinePlan) -> steps.ProcessingInput:
    return steps.ProcessingInput("code", plan.code_uri)
