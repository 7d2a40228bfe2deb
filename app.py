"""The CDK app: choose the environment, load its configuration, compose its stacks. No resources here.

`cdk synth -c env=dev`. The one place that reads the CDK's context.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from config import ConfigurationError, Platform, catalogue, load_environment
from stacks.constructs.image_repository import ImageRepository
from stacks.constructs.training_roles import Stores
from stacks.data import Data
from stacks.front_door import FrontDoor
from stacks.inference import Inference
from stacks.network import Network
from stacks.release import Release
from stacks.security import Security
from stacks.training import Training

ROOT = Path(__file__).parent


def build_app(**app: Any) -> cdk.App:
    """The app of the environment that the context names. `app`: arguments of `cdk.App`, such as `context`.

    Raises ConfigurationError when the environment is not named, unknown, or wrong.
    """
    settings: dict[str, Any] = {
        # The CDK's own template validator more than doubles the time of every synth; one test runs it.
        "builtin_cloud_formation_validation": False,
        # Traces name temporary files: with them no two synths are equal.
        "stack_traces": False,
        "post_cli_context": {"aws:cdk:disable-creation-stack-traces": True},
    }
    result = cdk.App(**(settings | app))
    compose(result, load_environment(str(result.node.try_get_context("env") or "")))
    return result


def compose(app: cdk.App, platform: Platform) -> None:
    """The one way through the house: network and keys, then data, models, endpoints, release, front door."""
    stack: dict[str, Any] = {
        "env": cdk.Environment(account=platform.account, region=platform.region),
        "tags": {"platform": platform.prefix, "environment": platform.environment},
    }
    retain = platform.retain_data
    images = {
        name: ImageRepository(catalogue.images().uri(name, platform.region)) for name in catalogue.images().images
    }
    no_volume_key = catalogue.instance_families().local_nvme

    network = Network(
        app,
        platform.name("network"),
        cidr=str(platform.network.cidr),
        zones=platform.network.availability_zones,
        **stack,
    )
    security = Security(app, platform.name("security"), name=platform.name(), retain=retain, **stack)
    data = Data(
        app,
        platform.name("data"),
        data_key=security.data_key,
        artifacts_key=security.artifacts_key,
        retain=retain,
        **stack,
    )
    stores = Stores(data.data, security.data_key, data.artifacts, security.artifacts_key)
    training = {
        name: Training(
            app,
            platform.name("training", name),
            name=platform.name(name),
            model=name,
            settings=settings,
            images=images,
            families_without_volume_key=no_volume_key,
            code=ROOT / settings.code,
            stores=stores,
            placement=network.placement,
            retain=retain,
            **stack,
        )
        for name, settings in platform.models.items()
    }
    endpoints = {
        name: Inference(
            app,
            platform.name("inference", name),
            name=platform.name(name),
            settings=settings,
            groups={v: training[its.model].groups[its.candidate] for v, its in settings.variants.items()},
            images=list(images.values()),
            families_without_volume_key=no_volume_key,
            artifacts=data.artifacts,
            artifacts_key=security.artifacts_key,
            placement=network.placement,
            **stack,
        )
        for name, settings in platform.endpoints.items()
    }
    Release(
        app,
        platform.name("release"),
        name=platform.name(),
        endpoints=list(endpoints.values()),
        key=security.functions_key,
        logs_key=security.logs_key,
        placement=network.placement,
        **stack,
    )
    FrontDoor(
        app,
        platform.name("front-door"),
        name=platform.name(),
        endpoints={name: endpoint.endpoint_name for name, endpoint in endpoints.items()},
        throttle=platform.front_door.throttle,
        key=security.functions_key,
        logs_key=security.logs_key,
        placement=network.placement,
        **stack,
    )


if __name__ == "__main__":
    try:
        build_app().synth()
    except ConfigurationError as error:
        sys.exit(str(error))
