"""An endpoint as SageMaker runs it now, whatever was declared."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from ops.absence import is_absent
from ops.session import Environment


def describe(environment: Environment, endpoint: str) -> dict[str, Any]:
    """DescribeEndpoint of an endpoint of the configuration; empty before the first release."""
    name = environment.platform.name(endpoint)
    try:
        described: dict[str, Any] = environment.client("sagemaker").describe_endpoint(EndpointName=name)
    except ClientError as error:
        if is_absent(error):
            return {}
        raise
    return described


def variants(described: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Name -> its ProductionVariantSummary, the shadow's among them."""
    found = [*described.get("ProductionVariants", []), *described.get("ShadowProductionVariants", [])]
    return {variant["VariantName"]: variant for variant in found}


def configuration(environment: Environment, described: dict[str, Any]) -> dict[str, Any]:
    """DescribeEndpointConfig of what runs; empty where nothing does."""
    if not described:
        return {}
    name = described["EndpointConfigName"]
    found: dict[str, Any] = environment.client("sagemaker").describe_endpoint_config(EndpointConfigName=name)
    return found


def serving(environment: Environment, configuration: dict[str, Any]) -> dict[str, list[str]]:
    """Variant -> what each of its containers is: the ARN of a model package, or the URI of an image."""
    found = {}
    for name, variant in variants(configuration).items():
        model = environment.client("sagemaker").describe_model(ModelName=variant["ModelName"])
        found[name] = [its.get("ModelPackageName") or its.get("Image", "unknown") for its in containers(model)]
    return found


def containers(model: dict[str, Any]) -> list[dict[str, Any]]:
    """The containers of DescribeModel, one or a pipeline of several."""
    return list(model.get("Containers") or [model["PrimaryContainer"]])
