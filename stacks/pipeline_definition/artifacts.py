"""The artifacts that candidates' training makes, as later steps name them."""

from __future__ import annotations

from stacks.pipeline_definition.functions import Reference, best_artifact, model_artifact
from stacks.pipeline_definition.plan import PipelinePlan
from stacks.pipeline_definition.processing import ProcessingInput
from stacks.pipeline_definition.training import output


def artifact(plan: PipelinePlan, name: str) -> Reference:
    """The candidate's model.tar.gz: of its one job, or of the best of several."""
    if plan.candidates[name].settings.tuning:
        return best_artifact(f"Tune-{name}", output(plan, name))
    return model_artifact(f"Train-{name}")


def models(plan: PipelinePlan) -> list[ProcessingInput]:
    """Every candidate's, each in a folder of its name."""
    return [ProcessingInput(f"models/{name}", artifact(plan, name)) for name in plan.candidates]
