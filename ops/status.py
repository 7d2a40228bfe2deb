"""One look at an environment: the API, its endpoints, their variants and packages."""

from __future__ import annotations

from typing import Any

from ops.endpoint import served
from ops.live import describe
from ops.session import Environment

NOT_HOSTED = "NotReleased"


def status(environment: Environment) -> dict[str, Any]:
    """`{environment, api_url, endpoints: {name: {endpoint_name, status, stack_status, variants: {...}}}}`."""
    endpoints = {name: _endpoint(environment, name) for name in environment.platform.endpoints}
    return {
        "environment": environment.platform.environment,
        "api_url": environment.api_url,
        "endpoints": endpoints,
    }


def _endpoint(environment: Environment, name: str) -> dict[str, Any]:
    sagemaker_name = environment.platform.name(name)
    live = describe(environment, name)
    running = {variant["VariantName"]: variant for variant in live.get("ProductionVariants", [])}
    variants = {
        variant.name: {
            "weight": running.get(variant.name, {}).get("CurrentWeight", variant.weight),
            "instances": running.get(variant.name, {}).get("CurrentInstanceCount", 0),
            "model_package": variant.package,
            "model_package_arn": variant.package_arn,
        }
        for variant in served(environment, name)
    }
    return {
        "url": f"{environment.api_url}/endpoints/{name}/predictions",
        "endpoint_name": sagemaker_name,
        "status": live.get("EndpointStatus", NOT_HOSTED),
        "stack_status": environment.stack("inference", name)["StackStatus"],
        "variants": variants,
    }
