"""Settings in, SageMaker pipeline JSON out. Nothing here creates a resource.

Source: SageMaker Pipelines JSON schema 2020-12-01; each step's arguments are those of the API call it makes.
"""

from stacks.pipeline_definition.asking import MANIFEST_PARAMETER
from stacks.pipeline_definition.definition import LATEST, pipeline_definition
from stacks.pipeline_definition.limits import limits
from stacks.pipeline_definition.plan import PipelinePlan, Surroundings, approval_status, plan

__all__ = [
    "LATEST",
    "MANIFEST_PARAMETER",
    "PipelinePlan",
    "Surroundings",
    "approval_status",
    "limits",
    "pipeline_definition",
    "plan",
]
