"""The CDK app: choose the environment, load its configuration, compose its stacks. No resources here.

`cdk synth -c env=dev`. The one place that reads the CDK's context.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from config import ConfigurationError, Platform, catalogue, load_environment
from stacks.access import Access
from stacks.audit import Audit
from stacks.bootstrap import Bootstrap
from stacks.data import Data
from stacks.front_door import FrontDoor
from stacks.inference import Inference
from stacks.network import Network
from stacks.release import Release
from stacks.security import Security
from stacks.training import Training
from stacks.values.account import Account
from stacks.values.function_surroundings import FunctionSurroundings
from stacks.values.identity import Identity
from stacks.values.image_repository import ImageRepository

ROOT = Path(__file__).parent


def new_app(**app: Any) -> cdk.App:
    """An app without stacks, as every synth uses it. `app`: arguments of `cdk.App`, such as `context`."""
    settings: dict[str, Any] = {
        # The CDK's own template validator more than doubles the time of every synth; one test runs it.
        "builtin_cloud_formation_validation": False,
        # Traces name temporary files: with them no two synths are equal.
        "stack_traces": False,
        "post_cli_context": {"aws:cdk:disable-creation-stack-traces": True},
    }
    return cdk.App(**(settings | app))


def build_app(**app: Any) -> cdk.App:
    """The app of the environment that the context names, `-c env=dev`. `app`: arguments of `cdk.App`.

    With `-c bootstrap=true` it has the bootstrap stack only, which an administrator deploys before all others.
    Raises ConfigurationError when the environment is not named, unknown, or wrong.
    """
    result = new_app(**app)
    platform = load_environment(str(result.node.try_get_context("env") or ""))
    if result.node.try_get_context("bootstrap"):
        compose_bootstrap(result, platform)
    else:
        compose(result, platform)
    return result


def compose_bootstrap(app: cdk.App, platform: Platform) -> None:
    """The limits of everything that `compose` makes."""
    Bootstrap(
        app,
        platform.name("bootstrap"),
        prefix=platform.prefix,
        name=platform.name(),
        path=platform.bootstrap_path,
        identity=_identity(platform),
        qualifier=platform.identity.bootstrap_qualifier,
        make_boundary=platform.identity.permissions_boundary is None,
        trail_log_group=platform.audit.trail.log_group if platform.audit.trail else None,
        existing_keys=sorted({arn for arn in platform.keys.model_dump().values() if arn}),
        ci=platform.identity.ci,
        **_stack(platform),
    )


def compose(app: cdk.App, platform: Platform) -> None:
    """The one way through the house: keys and audit, network, data, models, endpoints, release, front door, people."""
    # Each stack's synthesizer reads it; a stack's own synthesizer would have to be told.
    app.node.set_context("@aws-cdk/core:bootstrapQualifier", platform.identity.bootstrap_qualifier)
    name, identity, retain = platform.name(), _identity(platform), platform.retain_data
    stack = _stack(platform)
    images = {
        image: ImageRepository(catalogue.images().uri(image, platform.region)) for image in catalogue.images().images
    }
    families = catalogue.instance_families().local_nvme

    keys = Security(
        app,
        platform.name("security"),
        name=name,
        account=identity.account,
        settings=platform.keys,
        retain=retain,
        **stack,
    ).keys
    audit = Audit(
        app,
        platform.name("audit"),
        name=name,
        identity=identity,
        keys=keys,
        settings=platform.audit,
        retain=retain,
        **stack,
    )
    network = Network(
        app,
        platform.name("network"),
        name=name,
        settings=platform.network,
        identity=identity,
        images=list(images.values()),
        bootstrap_qualifier=platform.identity.bootstrap_qualifier,
        s3_prefix_list=catalogue.s3_prefix_lists()[platform.region],
        keys=keys,
        log_retention_days=platform.audit.log_retention_days,
        dead_letters_arn=audit.dead_letters_arn,
        **stack,
    )
    data = Data(
        app,
        platform.name("data"),
        settings=platform.data,
        identity=identity,
        keys=keys,
        access_logs_bucket=audit.access_logs_bucket,
        s3_endpoint_id=network.placement.s3_endpoint_id,
        break_glass=platform.identity.break_glass_roles,
        qualifier=platform.identity.bootstrap_qualifier,
        require_mfa=platform.identity.require_mfa,
        retain=retain,
        also_emptied=audit.buckets,
        **stack,
    )
    training = {
        model: Training(
            app,
            platform.name("training", model),
            name=platform.name(model),
            model=model,
            settings=settings,
            identity=identity,
            images=images,
            families_without_volume_key=families,
            code=ROOT / settings.code,
            stores=data.stores,
            placement=network.placement,
            dead_letters_arn=audit.dead_letters_arn,
            retain=retain,
            **_stack(platform, project=model),
        )
        for model, settings in platform.models.items()
    }
    endpoints = {
        endpoint: Inference(
            app,
            platform.name("inference", endpoint),
            name=platform.name(endpoint),
            settings=settings,
            identity=identity,
            groups={v: training[its.model].groups[its.candidate] for v, its in settings.variants.items()},
            images=list(images.values()),
            families_without_volume_key=families,
            artifacts=data.stores.artifacts,
            logs_key=keys.logs,
            log_retention_days=platform.audit.log_retention_days,
            topic_arn=audit.topic_arn,
            placement=network.placement,
            **stack,
        )
        for endpoint, settings in platform.endpoints.items()
    }
    around = FunctionSurroundings(
        identity=identity,
        placement=network.placement,
        key=keys.functions,
        logs_key=keys.logs,
        log_retention_days=platform.audit.log_retention_days,
        dead_letters_arn=audit.dead_letters_arn,
        dead_letters_key=keys.notifications,
    )
    Release(app, platform.name("release"), name=name, endpoints=list(endpoints.values()), around=around, **stack)
    FrontDoor(
        app,
        platform.name("front-door"),
        name=name,
        endpoints={public: endpoint.endpoint_name for public, endpoint in endpoints.items()},
        settings=platform.front_door,
        around=around,
        **stack,
    )
    Access(
        app,
        platform.name("access"),
        name=name,
        identity=identity,
        require_mfa=platform.identity.require_mfa,
        data_scientist=platform.identity.data_scientist,
        projects={model: its.job_roles for model, its in training.items()},
        families_without_volume_key=families,
        stores=data.stores,
        placement=network.placement,
        **stack,
    )


def _identity(platform: Platform) -> Identity:
    account = Account(platform.partition, platform.account, platform.region)
    return Identity(account, platform.role_path, platform.boundary_arn)


def _stack(platform: Platform, **tags: str) -> dict[str, Any]:
    """What every stack is given: where it lies, and the tags of all that is in it."""
    own = {"platform": platform.prefix, "environment": platform.environment}
    return {
        "env": cdk.Environment(account=platform.account, region=platform.region),
        "tags": {**platform.tags, **own, **tags},
    }


if __name__ == "__main__":
    try:
        build_app().synth()
    except ConfigurationError as error:
        sys.exit(str(error))
