"""The condition keys that policies may test, taken from the request, as in the service authorization reference.

A key is there for the operations that the reference lists it for, and only if the request has the member.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.hooks.services import Request

Params = Mapping[str, Any]
Keys = dict[str, Any]


def sagemaker(request: Request) -> Keys:
    """Return the `sagemaker:` and tag keys of a request; a key whose field the request leaves out is absent."""
    operation = request.action.partition(":")[2]
    if operation == "InvokeEndpointAsync":
        return {}  # its body is the model's own
    if operation == "InvokeEndpoint":
        target = request.headers.get("x-amzn-sagemaker-target-model")
        return {"sagemaker:TargetModel": target} if target else {}
    params = _parameters(request.body)
    return {**of_operation(operation, params), **_model_arn(operation, params)}


def _model_arn(operation: str, params: Params) -> Keys:
    name = params.get("ModelName")
    if operation != "CreateTransformJob" or not isinstance(name, str):
        return {}
    # Imported here because it needs MiniStack, and what requests say is read without it.
    from local.sagemaker.state import current_region

    return {"sagemaker:ModelArn": current_region().arn(f"model/{name.lower()}")}


def of_operation(operation: str, params: Params) -> Keys:
    """Return the keys of one operation of the control plane with these parameters."""
    if operation == "CreateHyperParameterTuningJob":
        params = {**_part(params, "TrainingJobDefinition"), "Tags": params.get("Tags")}
    found = {name: read(params) for name, (operations, read) in _KEYS.items() if operation in operations}
    return {name: value for name, value in {**found, **tag_keys(params)}.items() if value is not None}


def tag_keys(params: Params) -> Keys:
    """Return aws:RequestTag and aws:TagKeys of the tags that a request sets or removes."""
    tags = {str(tag.get("Key")): str(tag.get("Value")) for tag in _list(params.get("Tags")) if isinstance(tag, dict)}
    names = [*tags, *map(str, _list(params.get("TagKeys")))]
    return {**{f"aws:RequestTag/{key}": value for key, value in tags.items()}, "aws:TagKeys": names or None}


def autoscaling(request: Request) -> Keys:
    """Return the `application-autoscaling:` keys of a request."""
    params = _parameters(request.body)
    keys = {
        "application-autoscaling:service-namespace": params.get("ServiceNamespace"),
        "application-autoscaling:scalable-dimension": params.get("ScalableDimension"),
    }
    return {name: value for name, value in keys.items() if value is not None}


def _parameters(body: bytes) -> Params:
    try:
        content = json.loads(body or b"{}")
    except ValueError:  # the body of an invocation is the model's own
        return {}
    return content if isinstance(content, dict) else {}


# IAM is asked before the request is validated, so nothing here may depend on its being well formed.
def _part(params: Params, name: str) -> Params:
    part = params.get(name)
    return part if isinstance(part, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _flag(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


def _network(params: Params) -> Params:
    return _part(params, "NetworkConfig") or params


def _cluster(params: Params) -> Params:
    processing = _part(_part(params, "ProcessingResources"), "ClusterConfig")
    return _part(params, "ResourceConfig") or processing or _part(params, "TransformResources")


def _output(params: Params) -> Params:
    processing, transform = _part(params, "ProcessingOutputConfig"), _part(params, "TransformOutput")
    return _part(params, "OutputDataConfig") or processing or transform


def _vpc(member: str) -> Callable[[Params], Any]:
    return lambda params: _list(_part(_network(params), "VpcConfig").get(member)) or None


def _network_flag(member: str) -> Callable[[Params], Any]:
    return lambda params: _flag(_network(params).get(member))


def _variants(params: Params) -> list[Params]:
    variants = [*_list(params.get("ProductionVariants")), *_list(params.get("ShadowProductionVariants"))]
    return [variant for variant in variants if isinstance(variant, dict)]


def _instance_types(params: Params) -> list[Any] | None:
    return [part["InstanceType"] for part in (_cluster(params), *_variants(params)) if part.get("InstanceType")] or None


def _serverless(member: str) -> Callable[[Params], Any]:
    return lambda params: next((_part(v, "ServerlessConfig").get(member) for v in _variants(params)), None)


def _max_runtime(params: Params) -> Any:
    return _part(params, "StoppingCondition").get("MaxRuntimeInSeconds")


def _file_system(member: str) -> Callable[[Params], Any]:
    """Of the first channel that is a file system."""

    def read(params: Params) -> Any:
        channels = [channel for channel in _list(params.get("InputDataConfig")) if isinstance(channel, dict)]
        systems = [_part(_part(channel, "DataSource"), "FileSystemDataSource") for channel in channels]
        return next((system[member] for system in systems if system.get(member)), None)

    return read


_JOBS = frozenset({"CreateTrainingJob", "CreateProcessingJob", "CreateHyperParameterTuningJob"})
_STORING = _JOBS | {"CreateTransformJob"}
_TRAINING = frozenset({"CreateTrainingJob"})
_LEARNING = _TRAINING | {"CreateHyperParameterTuningJob"}
_PACKAGES = frozenset({"CreateModelPackage", "UpdateModelPackage"})
_PLACED = _JOBS | {"CreateModel", "CreateEndpointConfig"}
_CONFIGURATIONS = frozenset({"CreateEndpointConfig"})
_SIZED = _STORING | _CONFIGURATIONS
_KEYS: Mapping[str, tuple[frozenset[str], Callable[[Params], Any]]] = {
    "sagemaker:VpcSubnets": (_PLACED, _vpc("Subnets")),
    "sagemaker:VpcSecurityGroupIds": (_PLACED, _vpc("SecurityGroupIds")),
    "sagemaker:NetworkIsolation": (_PLACED, _network_flag("EnableNetworkIsolation")),
    "sagemaker:InterContainerTrafficEncryption": (_JOBS, _network_flag("EnableInterContainerTrafficEncryption")),
    "sagemaker:VolumeKmsKeyArn": (_SIZED, lambda p: _cluster(p).get("VolumeKmsKeyId") or p.get("KmsKeyId")),
    "sagemaker:OutputKmsKeyArn": (_STORING, lambda p: _output(p).get("KmsKeyId")),
    "sagemaker:InstanceTypes": (_SIZED, _instance_types),
    "sagemaker:ServerlessMaxConcurrency": (_CONFIGURATIONS, _serverless("MaxConcurrency")),
    "sagemaker:ServerlessMemorySize": (_CONFIGURATIONS, _serverless("MemorySizeInMB")),
    "sagemaker:MaxRuntimeInSeconds": (_JOBS, _max_runtime),
    "sagemaker:FileSystemId": (_LEARNING, _file_system("FileSystemId")),
    "sagemaker:FileSystemType": (_LEARNING, _file_system("FileSystemType")),
    "sagemaker:FileSystemAccessMode": (_LEARNING, _file_system("FileSystemAccessMode")),
    "sagemaker:FileSystemDirectoryPath": (_LEARNING, _file_system("DirectoryPath")),
    "sagemaker:EnableRemoteDebug": (_TRAINING, lambda p: _flag(_part(p, "RemoteDebugConfig").get("EnableRemoteDebug"))),
    "sagemaker:KeepAlivePeriod": (_TRAINING, lambda p: _cluster(p).get("KeepAlivePeriodInSeconds")),
    "sagemaker:ModelApprovalStatus": (_PACKAGES, lambda p: p.get("ModelApprovalStatus")),
}
