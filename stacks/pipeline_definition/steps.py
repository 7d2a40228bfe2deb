"""The steps around the jobs: functions, conditions, failure, registration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stacks.pipeline_definition.compute import Step
from stacks.pipeline_definition.functions import Reference, Value

Condition = dict[str, Any]
# Where the serving containers find the four functions: inside the artifact, under `code/`.
INFERENCE_CODE = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}


def function(name: str, *, arn: str, arguments: Mapping[str, object], outputs: Sequence[str]) -> Step:
    """A call of a Lambda function; `outputs`: texts of its answer that later steps read."""
    return {
        "Name": name,
        "Type": "Lambda",
        "FunctionArn": arn,
        "Arguments": dict(arguments),
        "OutputParameters": [{"OutputName": output, "OutputType": "String"} for output in outputs],
    }


def compare(how: str, left: Reference, right: float) -> Condition:
    """A condition; `how` is the API's: GreaterThan, GreaterThanOrEqualTo, LessThan, LessThanOrEqualTo."""
    return {"Type": how, "LeftValue": left, "RightValue": right}


def any_of(*conditions: Condition) -> Condition:
    """A condition that one of several makes true."""
    return conditions[0] if len(conditions) == 1 else {"Type": "Or", "Conditions": list(conditions)}


def condition(name: str, *, all_of: Sequence[Condition], then: Sequence[Step]) -> Step:
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
    container: Mapping[str, object],
    content_type: str,
    approval: str,
    statistics: Value,
    properties: Mapping[str, Value],
) -> Step:
    """A new version in a model package group."""
    return {
        "Name": name,
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": group,
            "ModelApprovalStatus": approval,
            "InferenceSpecification": {
                "Containers": [dict(container)],
                "SupportedContentTypes": [content_type],
                "SupportedResponseMIMETypes": [content_type],
            },
            "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": statistics}}},
            "CustomerMetadataProperties": dict(properties),
        },
    }
