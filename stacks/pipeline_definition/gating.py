"""What follows from the evaluation: failure, registration of who passed, predictions by the first of them."""

from __future__ import annotations

from stacks.pipeline_definition.artifacts import artifact
from stacks.pipeline_definition.compute import Step
from stacks.pipeline_definition.functions import (
    EXECUTION_ID,
    Reference,
    Value,
    function_output,
    join,
    json_get,
    processing_output,
)
from stacks.pipeline_definition.gate import Gate
from stacks.pipeline_definition.plan import PipelinePlan, approval_status
from stacks.pipeline_definition.policies import job, retried
from stacks.pipeline_definition.steps import INFERENCE_CODE, condition, fail, register
from stacks.pipeline_definition.transform import model, transform


def _gate_of(plan: PipelinePlan, name: str) -> Gate:
    its = plan.settings.gate
    return Gate(
        score=json_get("Evaluate", "evaluation", f"{name}.{its.metric}"),
        at_least=its.at_least,
        behind=json_get("Evaluate", "evaluation", f"{name}.behind_champion.{its.metric}"),
        not_below_by=its.not_below_champion_by,
    )


def stop_if_none_passed(plan: PipelinePlan) -> Step:
    """The execution fails, and says of what, when no candidate passed."""
    its = plan.settings.gate
    message: Value = f"No candidate of {plan.model} reached {its.metric} >= {its.at_least} on the test split."
    if its.not_below_champion_by is not None:
        message = join(
            "",
            f"No candidate of {plan.model} reached {its.metric} >= {its.at_least} on the test split and came within "
            f"{its.not_below_champion_by} of the champion: ",
            function_output("Champion", "package"),
            ". Compare them in report.html of the evaluation.",
        )
    failed = [_gate_of(plan, name).failed() for name in plan.candidates]
    return condition("Gate", all_of=failed, then=[fail("NoCandidatePassed", message=message)])


def register_if_passed(plan: PipelinePlan, name: str) -> Step:
    """The candidate becomes a version of its group."""
    candidate = plan.candidates[name]
    container: dict[str, object] = {"Image": candidate.compute.image, "ModelDataUrl": artifact(plan, name)}
    if candidate.settings.entry_point:
        container["Environment"] = INFERENCE_CODE
    registration = register(
        f"Register-{name}",
        group=candidate.group,
        container=container,
        content_type="text/csv" if candidate.settings.algorithm else "application/json",
        approval=approval_status(plan.settings),
        statistics=join("/", processing_output("Evaluate", "evaluation"), "evaluation.json"),
        properties={"candidate": name, "pipeline-execution": EXECUTION_ID},
    )
    return condition(f"Gate-{name}", all_of=_gate_of(plan, name).passed(), then=[retried(registration)])


def predict_if_first(plan: PipelinePlan, position: int) -> Step:
    """Batch transform with the candidate at `position`, if it passed and none before it did."""
    *before, name = list(plan.candidates)[: position + 1]
    first = [_gate_of(plan, other).failed() for other in before]
    making = retried(model(f"Model-{name}", plan, name, artifact(plan, name)))
    made: Reference = {"Get": f"Steps.Model-{name}.ModelName"}
    predicting = job(transform(f"Transform-{name}", plan, name, made), plan.settings.cache)
    return condition(f"Predict-{name}", all_of=[*_gate_of(plan, name).passed(), *first], then=[making, predicting])
