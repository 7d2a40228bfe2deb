"""One look at an environment: the API, its endpoints, their variants and what these serve."""

from __future__ import annotations

from typing import Any

from ops import live
from ops.endpoint import declared, short
from ops.session import Environment

NOT_HOSTED = "NotReleased"


def status(environment: Environment) -> dict[str, Any]:
    """`{environment, api_url, endpoints: {name: {endpoint_name, status, stack_status, variants: {...}}}}`.

    Of a variant, `declared` is what its stack selects, `serving` what the containers of the live endpoint are: the two
    differ while a roll-out runs, and after SageMaker went back.
    """
    endpoints = {name: _endpoint(environment, name) for name in environment.platform.endpoints}
    return {
        "environment": environment.platform.environment,
        "api_url": environment.api_url,
        "endpoints": endpoints,
    }


def _endpoint(environment: Environment, name: str) -> dict[str, Any]:
    stack, described = environment.stack("inference", name), live.describe(environment, name)
    running = live.variants(described)
    serving = live.serving(environment, live.configuration(environment, described))
    weights = environment.platform.endpoints[name].weights
    variants = {
        variant: {
            "weight": running.get(variant, {}).get("CurrentWeight", weights[variant]),
            "instances": running.get(variant, {}).get("CurrentInstanceCount", 0),
            "declared": package,
            "serving": [short(its) for its in serving.get(variant, [])],
        }
        for variant, package in declared(environment, name, stack).items()
    }
    return {
        "url": f"{environment.api_url}/endpoints/{name}/predictions",
        "endpoint_name": environment.platform.name(name),
        "status": described.get("EndpointStatus", NOT_HOSTED),
        "stack_status": stack["StackStatus"],
        "variants": variants,
    }
