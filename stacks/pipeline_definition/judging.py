"""What comes between training and registration: the scan of the artifacts, and the evaluation on one test split."""

from __future__ import annotations

from stacks.pipeline_definition.artifacts import models
from stacks.pipeline_definition.compute import Step
from stacks.pipeline_definition.functions import EXECUTION_ID, function_output, join, processing_output
from stacks.pipeline_definition.plan import PipelinePlan
from stacks.pipeline_definition.processing import PROCESSING, ProcessingInput, ProcessingOutput, processing


def scan(plan: PipelinePlan) -> Step:
    """No code of an artifact runs, and nothing is registered, before the platform's own script has looked inside."""
    scripts = [name for name, its in plan.candidates.items() if its.settings.entry_point]
    return processing(
        "Scan",
        compute=plan.scan,
        entry_point="scan.py",
        arguments={
            "models_dir": f"{PROCESSING}/input/models",
            "output_dir": f"{PROCESSING}/output/scan",
            "max_artifact_mb": str(plan.settings.scan.max_artifact_mb),
            # Only the platform's scripts write a manifest.
            "with_manifest": ",".join(scripts) or "none",
        },
        inputs=[ProcessingInput("code", plan.scan_code_uri), *models(plan)],
        outputs=[ProcessingOutput("scan", join("/", f"s3://{plan.artifacts_bucket}/scans/{plan.model}", EXECUTION_ID))],
    )


def evaluate(plan: PipelinePlan) -> Step:
    """All candidates and the champion on the same test split, each through its own inference code."""
    its = plan.settings.gate
    asked = {"not_below_champion_by": str(its.not_below_champion_by)} if its.not_below_champion_by is not None else {}
    champion = [ProcessingInput("champion", function_output("Champion", "artifact"))] if asked else []
    step = processing(
        "Evaluate",
        compute=plan.evaluation,
        entry_point=plan.settings.evaluation.entry_point,
        arguments={
            "test_dir": f"{PROCESSING}/input/test",
            "models_dir": f"{PROCESSING}/input/models",
            "champion_dir": f"{PROCESSING}/input/champion",
            "output_dir": f"{PROCESSING}/output/evaluation",
            "metric": its.metric,
            "at_least": str(its.at_least),
            **asked,
        },
        inputs=[
            ProcessingInput("code", plan.code_uri),
            ProcessingInput("test", processing_output("Process", "test")),
            *champion,
            *models(plan),
        ],
        outputs=[
            ProcessingOutput(
                "evaluation", join("/", f"s3://{plan.artifacts_bucket}/evaluations/{plan.model}", EXECUTION_ID)
            )
        ],
        property_files={"evaluation": ("evaluation", "evaluation.json")},
    )
    return {**step, "DependsOn": ["Scan"]}
