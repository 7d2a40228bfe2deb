"""The condition keys that policies may test, taken from the request, as in the service authorization reference."""

import json
from collections.abc import Mapping
from typing import Any

Params = Mapping[str, Any]
Keys = dict[str, Any]


def sagemaker(body: bytes, _query: Params) -> Keys:
    """Return the `sagemaker:` keys of a request; a key whose field the request leaves out is absent."""
    params = _parameters(body)
    network = _part(params, "NetworkConfig") or params
    vpc = _part(network, "VpcConfig")
    cluster = _part(params, "ResourceConfig") or _part(_part(params, "ProcessingResources"), "ClusterConfig")
    output = _part(params, "OutputDataConfig") or _part(params, "ProcessingOutputConfig")
    variants = [entry for entry in _list(params.get("ProductionVariants")) if isinstance(entry, dict)]
    instance_types = [entry["InstanceType"] for entry in (cluster, *variants) if entry.get("InstanceType")]
    keys = {
        "sagemaker:VpcSubnets": vpc.get("Subnets"),
        "sagemaker:VpcSecurityGroupIds": vpc.get("SecurityGroupIds"),
        "sagemaker:NetworkIsolation": _flag(network.get("EnableNetworkIsolation")),
        "sagemaker:InterContainerTrafficEncryption": _flag(network.get("EnableInterContainerTrafficEncryption")),
        "sagemaker:VolumeKmsKeyArn": cluster.get("VolumeKmsKeyId") or (params.get("KmsKeyId") if variants else None),
        "sagemaker:OutputKmsKeyArn": output.get("KmsKeyId"),
        "sagemaker:InstanceTypes": instance_types or None,
        "sagemaker:MaxRuntimeInSeconds": _part(params, "StoppingCondition").get("MaxRuntimeInSeconds"),
        "sagemaker:ModelApprovalStatus": params.get("ModelApprovalStatus"),
    }
    return {name: value for name, value in keys.items() if value is not None}


def autoscaling(body: bytes, _query: Params) -> Keys:
    """Return the `application-autoscaling:` keys of a request."""
    params = _parameters(body)
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
