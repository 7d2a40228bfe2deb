"""What SageMaker and Application Auto Scaling answer."""

from __future__ import annotations

import datetime
from typing import Any

from botocore.stub import Stubber

ENDPOINT = "ashlar-dev-reviews"
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def target(variant: str) -> dict[str, str]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{ENDPOINT}/variant/{variant}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }


def endpoint(sagemaker: Stubber, status: str = "InService", /, **weights: float) -> None:
    """DescribeEndpoint, with these weights of its variants."""
    variants = [{"VariantName": name, "CurrentWeight": weight} for name, weight in weights.items()]
    describe(sagemaker, variants, status)


def describe(sagemaker: Stubber, variants: list[dict[str, Any]], status: str = "InService") -> None:
    """DescribeEndpoint, with these variants."""
    described = {
        "EndpointName": ENDPOINT,
        "EndpointArn": f"arn:aws:sagemaker:eu-west-1:111122223333:endpoint/{ENDPOINT}",
        "EndpointConfigName": "config-live",
        "EndpointStatus": status,
        "CreationTime": NOW,
        "LastModifiedTime": NOW,
        "ProductionVariants": variants,
    }
    sagemaker.add_response("describe_endpoint", described, {"EndpointName": ENDPOINT})


def runs_on(sagemaker: Stubber, **types: str) -> None:
    """DescribeEndpoint and its configuration, with these instance types."""
    endpoint(sagemaker, **dict.fromkeys(types, 1.0))
    described: dict[str, Any] = {
        "EndpointConfigName": "config-live",
        "EndpointConfigArn": "arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/config-live",
        "CreationTime": NOW,
        "ProductionVariants": [
            {"VariantName": name, "ModelName": "model", "InstanceType": type} for name, type in types.items()
        ],
    }
    sagemaker.add_response("describe_endpoint_config", described, {"EndpointConfigName": "config-live"})


def weigh(sagemaker: Stubber, **weights: float) -> None:
    """UpdateEndpointWeightsAndCapacities, for these variants and no others."""
    desired = [{"VariantName": name, "DesiredWeight": weight} for name, weight in weights.items()]
    sagemaker.add_response(
        "update_endpoint_weights_and_capacities",
        {"EndpointArn": f"arn:aws:sagemaker:eu-west-1:111122223333:endpoint/{ENDPOINT}"},
        {"EndpointName": ENDPOINT, "DesiredWeightsAndCapacities": desired},
    )
