"""The pipeline of one model: Process -> Train each candidate -> Evaluate all -> Gate each -> Register."""

from __future__ import annotations

from typing import Any

from stacks.pipeline_definition import jobs, steps
from stacks.pipeline_definition.functions import (
    EXECUTION_ID,
    Reference,
    join,
    json_get,
    model_artifact,
    parameter,
    processing_output,
)
from stacks.pipeline_definition.plan import PipelinePlan

MANIFEST_PARAMETER = "InputManifest"
SPLITS = ("train", "validation", "test")


def pipeline_definition(plan: PipelinePlan) -> dict[str, Any]:
    """The definition, ready for AWS::SageMaker::Pipeline once it is JSON."""
    return {
        "Version": "2020-12-01",
        "Metadata": {},
        # Key of the batch's _READY marker in the raw bucket; the marker is a SageMaker manifest of the batch's files.
        "Parameters": [{"Name": MANIFEST_PARAMETER, "Type": "String"}],
        "Steps": [
            _process(plan),
            *(_train(plan, name) for name in plan.candidates),
            _evaluate(plan),
            _stop_if_none_passed(plan),
            *(_gate(plan, name) for name in plan.candidates),
        ],
    }


def _process(plan: PipelinePlan) -> jobs.Step:
    processed = f"s3://{plan.data_bucket}/processed/{plan.model}"
    return jobs.processing(
        "Process",
        compute=plan.processing.compute,
        entry_point=plan.processing.entry_point,
        arguments={
            **plan.processing.arguments,
            "input_dir": f"{jobs.PROCESSING}/input/raw",
            "output_dir": f"{jobs.PROCESSING}/output",
        },
        inputs=[
            _code(plan),
            jobs.ProcessingInput(
                "raw", join("/", f"s3://{plan.raw_bucket}", parameter(MANIFEST_PARAMETER)), data_type="ManifestFile"
            ),
        ],
        outputs=[jobs.ProcessingOutput(name, join("/", processed, EXECUTION_ID, name)) for name in (*SPLITS, "report")],
    )


def _train(plan: PipelinePlan, name: str) -> jobs.Step:
    candidate = plan.candidates[name]
    return jobs.training(
        f"Train-{name}",
        compute=candidate.compute,
        script=jobs.Script(
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


def _evaluate(plan: PipelinePlan) -> jobs.Step:
    """All candidates on the same test split, each through its own inference code."""
    models = [jobs.ProcessingInput(f"models/{name}", model_artifact(f"Train-{name}")) for name in plan.candidates]
    return jobs.processing(
        "Evaluate",
        compute=plan.evaluation.compute,
        entry_point=plan.evaluation.entry_point,
        arguments={
            "test_dir": f"{jobs.PROCESSING}/input/test",
            "models_dir": f"{jobs.PROCESSING}/input/models",
            "output_dir": f"{jobs.PROCESSING}/output/evaluation",
        },
        inputs=[_code(plan), jobs.ProcessingInput("test", processing_output("Process", "test")), *models],
        outputs=[
            jobs.ProcessingOutput(
                "evaluation", join("/", f"s3://{plan.artifacts_bucket}/evaluations/{plan.model}", EXECUTION_ID)
            )
        ],
        property_files={"evaluation": ("evaluation", "evaluation.json")},
    )


def _stop_if_none_passed(plan: PipelinePlan) -> jobs.Step:
    message = f"No candidate of {plan.model} reached {plan.metric} >= {plan.at_least} on the test split."
    failed = [steps.less_than(_score(plan, name), plan.at_least) for name in plan.candidates]
    return steps.condition("Gate", all_of=failed, then=[steps.fail("NoCandidatePassed", message=message)])


def _gate(plan: PipelinePlan, name: str) -> jobs.Step:
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


def _code(plan: PipelinePlan) -> jobs.ProcessingInput:
    return jobs.ProcessingInput("code", plan.code_uri)
