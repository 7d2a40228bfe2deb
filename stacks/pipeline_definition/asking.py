"""What a pipeline asks the workflow function: which batch it is for, who else runs, which model serves now."""

from __future__ import annotations

from stacks.pipeline_definition.compute import Step
from stacks.pipeline_definition.functions import EXECUTION_ARN, PIPELINE, parameter, processing_output
from stacks.pipeline_definition.plan import PipelinePlan
from stacks.pipeline_definition.steps import function

MANIFEST_PARAMETER = "InputManifest"


def starts(plan: PipelinePlan) -> bool:
    """Whether there is anything to find out before the first job."""
    return plan.settings.one_at_a_time or plan.settings.schedule is not None


def asks_for_champion(plan: PipelinePlan) -> bool:
    """Whether candidates are compared with what serves now, or start from it."""
    incremental = any(candidate.settings.incremental for candidate in plan.candidates.values())
    return incremental or plan.settings.gate.not_below_champion_by is not None


def _ask(plan: PipelinePlan, step: str, arguments: dict[str, object], outputs: list[str]) -> Step:
    if plan.workflow is None:
        raise ValueError(f"{plan.model} has no function for its step {step}")
    return function(step, arn=plan.workflow.function_arn, arguments=arguments, outputs=outputs)


def start(plan: PipelinePlan) -> Step:
    """The step before all others: it fails where the execution must not run."""
    arguments: dict[str, object] = {
        "question": "start",
        "pipeline": PIPELINE,
        "execution": EXECUTION_ARN,
        "alone": plan.settings.one_at_a_time,
        "manifest": parameter(MANIFEST_PARAMETER),
        "bucket": plan.raw_bucket,
        "prefix": f"raw/{plan.model}/",
    }
    return _ask(plan, "Start", arguments, ["manifest"])


def champion(plan: PipelinePlan) -> Step:
    """What serves now. An input must exist: without a champion it is processing's report, which holds no archive."""
    incremental = [name for name, its in plan.candidates.items() if its.settings.incremental]
    arguments: dict[str, object] = {
        "question": "champion",
        "endpoints": list(plan.workflow.endpoints) if plan.workflow else [],
        "groups": {name: its.group for name, its in plan.candidates.items()},
        "incremental": incremental,
        # A built-in algorithm does not start from nothing where it expects a model.
        "needed": [name for name in incremental if plan.candidates[name].settings.algorithm],
        "nothing": processing_output("Process", "report"),
    }
    return _ask(plan, "Champion", arguments, ["artifact", "package", *(f"artifact_{name}" for name in incremental)])
