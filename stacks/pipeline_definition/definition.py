"""The pipeline of one model: Process -> Train each candidate -> Scan -> Evaluate all -> Gate each -> Register.

With a schedule, or with one execution at a time, a Start before that; with a champion to compare with, a Champion.
"""

from __future__ import annotations

from typing import Any

from stacks.pipeline_definition.asking import MANIFEST_PARAMETER, asks_for_champion, champion, start, starts
from stacks.pipeline_definition.compute import Step
from stacks.pipeline_definition.functions import (
    EXECUTION_ID,
    function_output,
    join,
    named_parameter,
    parameter,
)
from stacks.pipeline_definition.gating import predict_if_first, register_if_passed, stop_if_none_passed
from stacks.pipeline_definition.judging import evaluate, scan
from stacks.pipeline_definition.plan import PipelinePlan
from stacks.pipeline_definition.policies import job
from stacks.pipeline_definition.processing import PROCESSING, ProcessingInput, ProcessingOutput, processing
from stacks.pipeline_definition.training import training
from stacks.pipeline_definition.tuning import tuning

# What stands for the manifest of the newest batch, where Start looks it up.
LATEST = "latest"
SPLITS = ("train", "validation", "test")
_TYPES = {"string": "String", "integer": "Integer", "float": "Float", "boolean": "Boolean"}


def pipeline_definition(plan: PipelinePlan) -> dict[str, Any]:
    """The definition, ready for AWS::SageMaker::Pipeline once it is JSON."""
    names = list(plan.candidates)
    return {
        "Version": "2020-12-01",
        "Metadata": {},
        "Parameters": _parameters(plan),
        "Steps": [
            *([start(plan)] if starts(plan) else []),
            job(_process(plan), plan.settings.cache),
            *([champion(plan)] if asks_for_champion(plan) else []),
            *(job(_train(plan, name), plan.settings.cache) for name in names),
            job(scan(plan), plan.settings.cache),
            job(evaluate(plan), plan.settings.cache),
            stop_if_none_passed(plan),
            *(register_if_passed(plan, name) for name in names),
            *([predict_if_first(plan, n) for n in range(len(names))] if plan.settings.transform else []),
        ],
    }


def _parameters(plan: PipelinePlan) -> list[dict[str, Any]]:
    """Key of the batch's _READY marker in the raw bucket, which is a SageMaker manifest of its files; the model's."""
    manifest = {"Name": MANIFEST_PARAMETER, "Type": "String"}
    own = [
        {"Name": name, "Type": _TYPES[its.type], "DefaultValue": its.default}
        for name, its in plan.settings.parameters.items()
    ]
    return [manifest | ({"DefaultValue": LATEST} if starts(plan) else {}), *own]


def _process(plan: PipelinePlan) -> Step:
    processed = f"s3://{plan.data_bucket}/processed/{plan.model}"
    manifest = function_output("Start", "manifest") if starts(plan) else parameter(MANIFEST_PARAMETER)
    its = plan.settings.processing
    arguments = {
        key: named_parameter(value, plan.settings.parameters) or str(value) for key, value in its.arguments.items()
    }
    return processing(
        "Process",
        compute=plan.processing,
        entry_point=its.entry_point,
        arguments={
            **arguments,
            "input_dir": f"{PROCESSING}/input/raw",
            "output_dir": f"{PROCESSING}/output",
        },
        inputs=[
            ProcessingInput("code", plan.code_uri),
            ProcessingInput("raw", join("/", f"s3://{plan.raw_bucket}", manifest), data_type="ManifestFile"),
        ],
        outputs=[ProcessingOutput(name, join("/", processed, EXECUTION_ID, name)) for name in (*SPLITS, "report")],
    )


def _train(plan: PipelinePlan, name: str) -> Step:
    search = plan.candidates[name].settings.tuning
    return tuning(f"Tune-{name}", plan, name, search) if search else training(f"Train-{name}", plan, name)
