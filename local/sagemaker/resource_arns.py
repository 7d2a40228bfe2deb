"""On which ARN each operation is authorised, as in the service authorization reference for SageMaker.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

# Operation suffix -> (resource type, request field that names it, whether ARNs have the name in lower case).
_NAMED: Mapping[str, tuple[str, str, bool]] = {
    "ProcessingJob": ("processing-job", "ProcessingJobName", False),
    "TrainingJob": ("training-job", "TrainingJobName", False),
    "TransformJob": ("transform-job", "TransformJobName", False),
    "HyperParameterTuningJob": ("hyper-parameter-tuning-job", "HyperParameterTuningJobName", False),
    "ListTrainingJobsForHyperParameterTuningJob": (
        *("hyper-parameter-tuning-job", "HyperParameterTuningJobName", False),
    ),
    "Pipeline": ("pipeline", "PipelineName", False),
    "StartPipelineExecution": ("pipeline", "PipelineName", False),
    "ListPipelineExecutions": ("pipeline", "PipelineName", False),
    "ModelPackageGroup": ("model-package-group", "ModelPackageGroupName", False),
    "ModelPackage": ("model-package", "ModelPackageName", False),
    "Model": ("model", "ModelName", True),
    "EndpointConfig": ("endpoint-config", "EndpointConfigName", True),
    "Endpoint": ("endpoint", "EndpointName", True),
    "UpdateEndpointWeightsAndCapacities": ("endpoint", "EndpointName", True),
}
_ARN_FIELDS = ("PipelineExecutionArn", "ModelPackageArn", "ResourceArn")
_INVOCATION = re.compile(r"/endpoints/([^/]+)/(?:async-)?invocations")
_VERBS = ("Create", "Describe", "Delete", "Update", "Stop")


def endpoint_of(path: str) -> str | None:
    """Return the endpoint's name of an InvokeEndpoint or InvokeEndpointAsync path."""
    match = _INVOCATION.fullmatch(path)
    return match[1] if match else None


def is_asynchronous(path: str) -> bool:
    """Return whether a path is that of InvokeEndpointAsync."""
    return path.endswith("/async-invocations")


def resource_arn(_method: str, path: str, headers: Mapping[str, str], body: bytes, region: str, account: str) -> str:
    """Return the ARN that IAM evaluates for a request; `*` for those that name no resource."""
    prefix = f"arn:aws:sagemaker:{region}:{account}:"
    endpoint = endpoint_of(path)
    if endpoint is not None:
        return f"{prefix}endpoint/{endpoint.lower()}"
    operation = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
    try:
        params: dict[str, Any] = json.loads(body or b"{}")
    except ValueError:
        return "*"
    for field in _ARN_FIELDS:
        if isinstance(params.get(field), str):
            return str(params[field])
    return named_resource(operation, params, prefix)


def scalable_target_arn(
    _method: str, _path: str, _headers: Mapping[str, str], _body: bytes, region: str, account: str
) -> str:
    """Return the ARN that IAM evaluates for Application Auto Scaling: the target's id is not known from a request."""
    return f"arn:aws:application-autoscaling:{region}:{account}:scalable-target/*"


def named_resource(operation: str, params: Mapping[str, Any], prefix: str) -> str:
    """Return the ARN, which starts with `prefix`, of what an operation creates or names; `*` if that is nothing."""
    if operation == "CreateModelPackage":
        group = str(params.get("ModelPackageGroupName", "")).rsplit("/", 1)[-1]
        return f"{prefix}model-package/{group}/*"  # the version is not known before the package is made
    noun = operation
    for verb in _VERBS:
        noun = noun.removeprefix(verb)
    found = _NAMED.get(operation) or _NAMED.get(noun)
    name = str(params.get(found[1], "")) if found else ""
    if not found or not name:
        return "*"
    if name.startswith("arn:"):
        return name
    return f"{prefix}{found[0]}/{name.lower() if found[2] else name}"
