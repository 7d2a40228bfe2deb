"""The steps around the jobs: conditions, failure, registration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stacks.pipeline_definition.functions import Reference, Value
from stacks.pipeline_definition.jobs import Step

# Where the serving containers find the four functions: inside the artifact, under `code/`.
INFERENCE_CODE = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}


def at_least(left: Reference, right: float) -> dict[str, Any]:
    """A condition: left >= right."""
    return {"Type": "GreaterThanOrEqualTo", "LeftValue": left, "RightValue": right}


def less_than(left: Reference, right: float) -> dict[str, Any]:
    """A condition: left < right."""
    return {"Type": "LessThan", "LeftValue": left, "RightValue": right}


def condition(name: str, *, all_of: Sequence[dict[str, Any]], then: Sequence[Step]) -> Step:
    """Run `then` when every condition holds. SageMaker does not nest condition steps."""
    return {
        "Name": name,
        "Type": "Condition",
        "Arguments": {"Conditions": list(all_of), "IfSteps": list(then), "ElseSteps": []},
    }


def fail(name: str, *, message: Value) -> Step:
    """End the execution as Failed with this message."""
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def register(
    name: str,
    *,
    group: str,
    image: str,
    model_data: Value,
    approval: str,
    statistics: Value,
    properties: Mapping[str, Value],
) -> Step:
    """A new version in a model package group. The inference code is inside the artifact, under `code/`."""
    container = {"Image": image, "ModelDataUrl": model_data, "Environment": INFERENCE_CODE}
    return {
        "Name": name,
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": group,
            "ModelApprovalStatus": approval,
            "InferenceSpecification": {
                "Containers": [container],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
            "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": statistics}}},
            "CustomerMetadataProperties": dict(properties),
        },
    }
