"""The CDK app: choose the environment, load its configuration, compose its stacks. No resources here.

`cdk synth -c env=dev`. The one place that reads the CDK's context.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from config import ConfigurationError, Platform, catalogue, load_environment
from config.arn import Arn
from config.checks.rule import DEVELOPMENT
from config.declaration import declared_model, load_declaration
from config.schema import Container, Endpoint
from stacks.access import Access
from stacks.api_definition import ApiEndpoint
from stacks.audit import Audit
from stacks.bootstrap import Bootstrap
from stacks.constructs.acknowledgement import record_wildcards
from stacks.data import Data
from stacks.front_door import FrontDoor
from stacks.inference import Inference
from stacks.network import Network
from stacks.permissions.hosting import hosting_kind
from stacks.release import Release
from stacks.security import Security
from stacks.training import Training
from stacks.values.account import Account
from stacks.values.assets import Assets
from stacks.values.container_source import ContainerSource
from stacks.values.function_surroundings import FunctionSurroundings
from stacks.values.hosted import model_id
from stacks.values.identity import Identity
from stacks.values.image_repository import ImageRepository
from stacks.values.job_images import JobImages
from stacks.values.key_arns import KeyArns
from stacks.values.people import People
from stacks.values.store import Stores

ROOT = Path(__file__).parent
# The CDK's modules stay until the end: the garbage collector need not go through them again and again.
gc.freeze()


def new_app(context: Mapping[str, Any] | None = None, **app: Any) -> cdk.App:
    """An app without stacks, as every synth uses it: with cdk.json's feature flags, whoever starts it.

    `app`: other arguments of `cdk.App`. What the CDK's CLI gives as context comes before `context`.
    """
    settings: dict[str, Any] = {
        # The CDK's own template validator more than doubles the time of every synth; `make review` runs it.
        "builtin_cloud_formation_validation": False,
        # Traces name temporary files: with them no two synths are equal.
        "stack_traces": False,
        # tree.json repeats every property for construct browsers; the deployment does not read it.
        "tree_metadata": False,
        "post_cli_context": {"aws:cdk:disable-creation-stack-traces": True},
    }
    flags = json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"]
    return cdk.App(context={**flags, **(context or {})}, **(settings | app))


def build_app(**app: Any) -> cdk.App:
    """The app of the environment that the context names, `-c env=dev`. `app`: arguments of `cdk.App`.

    With `-c bootstrap=true` it has the bootstrap stack only, which an administrator deploys before all others.
    Raises ConfigurationError when the environment is not named, unknown, or wrong.
    """
    result = new_app(**app)
    platform = load_environment(str(result.node.try_get_context("env") or ""))
    if result.node.try_get_context("bootstrap") == "true":
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
        environment=platform.environment,
        name=platform.name(),
        path=platform.bootstrap_path,
        identity=_identity(platform),
        qualifier=platform.identity.bootstrap_qualifier,
        make_boundary=platform.identity.permissions_boundary is None,
        s3_read_buckets=platform.network.s3_read_buckets,
        serverless_models=_serverless_models(platform),
        front_door=platform.front_door,
        trail_log_group=platform.audit.trail.log_group if platform.audit.trail else None,
        existing_keys=sorted({arn for arn in platform.keys.model_dump().values() if arn}),
        ci=platform.identity.ci,
        **_stack(platform),
    )
    record_wildcards()


def compose(app: cdk.App, platform: Platform) -> None:
    """The one way through the house: what all stands on, models, endpoints, then those who use them."""
    # Each stack's synthesizer reads it; a stack's own synthesizer would have to be told.
    app.node.set_context("@aws-cdk/core:bootstrapQualifier", platform.identity.bootstrap_qualifier)
    base = _foundation(app, platform)
    training = {model: _training(app, platform, base, model) for model in platform.models}
    endpoints = {name: _inference(app, platform, base, name) for name in platform.endpoints}
    _users(app, platform, base, training, endpoints)
    record_wildcards()


@dataclass(frozen=True)
class Foundation:
    """What everything else stands on."""

    identity: Identity
    images: dict[str, ImageRepository]
    keys: KeyArns
    audit: Audit
    functions: FunctionSurroundings
    stores: Stores


def _foundation(app: cdk.App, platform: Platform) -> Foundation:
    """Keys, audit, network, data."""
    name, identity, retain, stack = platform.name(), _identity(platform), platform.retain_data, _stack(platform)
    assets = Assets(Path(app.outdir), platform.identity.bootstrap_qualifier)
    images = {
        image: ImageRepository(catalogue.images().uri(image, platform.region)) for image in catalogue.images().images
    }
    security = Security(
        app,
        platform.name("security"),
        name=name,
        account=identity.account,
        settings=platform.keys,
        retain=retain,
        **stack,
    )
    keys = security.keys
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
        front_door=platform.front_door,
        identity=identity,
        images=_every_image(platform, images),
        assets=assets,
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
        people=_people(platform),
        retain=retain,
        hosted=_hosted_kinds(platform),
        captured=[platform.name(name) for name, endpoint in platform.endpoints.items() if endpoint.capture],
        also_emptied=audit.buckets,
        **stack,
    )
    return Foundation(identity, images, keys, audit, network.functions, data.stores)


def _training(app: cdk.App, platform: Platform, base: Foundation, model: str) -> Training:
    settings = platform.models[model]
    return Training(
        app,
        platform.name("training", model),
        name=platform.name(model),
        model=model,
        settings=settings,
        images=_job_images(platform, base.images, model),
        code=ROOT / settings.code,
        scan_code=ROOT / "platform_code/scan",
        stores=base.stores,
        s3_read_buckets=platform.network.s3_read_buckets,
        endpoints=[platform.name(name) for name, its in platform.endpoints.items() if _serves(its, model)],
        log_group=f"/{platform.name()}/workflow/{model}",
        around=base.functions,
        retain=platform.retain_data,
        **_stack(platform, project=model),
    )


def _job_images(platform: Platform, images: Mapping[str, ImageRepository], model: str) -> JobImages:
    """Images of the catalogue by name, those of algorithms, and the organisation's own."""
    settings = platform.models[model]
    return JobImages(
        processing=images[settings.processing.image],
        evaluation=images[settings.evaluation.image],
        candidates={name: _image(platform, images, model, name) for name in settings.candidates},
    )


def _image(platform: Platform, images: Mapping[str, ImageRepository], model: str, name: str) -> ImageRepository:
    candidate = platform.models[model].candidates[name]
    if candidate.image:
        return images[candidate.image]
    own = candidate.own_image or catalogue.algorithm_image(str(candidate.algorithm), platform.region)
    if own is None:
        raise ValueError(f"{candidate.algorithm} has no image in {platform.region}: rule ALGORITHM-IMAGE")
    return ImageRepository(own)


def _serves(endpoint: Endpoint, model: str) -> bool:
    """Whether a variant's container is of this model."""
    return any(container.model == model for its in endpoint.served.values() for container in its.chain)


def _inference(app: cdk.App, platform: Platform, base: Foundation, endpoint: str) -> Inference:
    settings = platform.endpoints[endpoint]
    return Inference(
        app,
        platform.name("inference", endpoint),
        name=platform.name(endpoint),
        settings=settings,
        sources={name: [_source(platform, each) for each in its.chain] for name, its in settings.served.items()},
        images=_every_image(platform, base.images),
        stores=base.stores,
        topic_arn=base.audit.topic_arn,
        live_log_group=f"/{platform.name()}/live/{endpoint}",
        around=base.functions,
        **_stack(platform),
    )


def _hosted_kinds(platform: Platform) -> list[str]:
    """The kinds of roles of models, which SageMaker uses from its own network too."""
    transforms = {"transform" for model in platform.models.values() if model.transform}
    return sorted({hosting_kind(endpoint.mode) for endpoint in platform.endpoints.values()} | transforms)


def _serverless_models(platform: Platform) -> list[str]:
    """Their logical ids."""
    serverless = {name: its for name, its in platform.endpoints.items() if its.mode == "serverless"}
    return [model_id(platform.name(name), variant) for name, its in serverless.items() for variant in its.served]


def _every_image(platform: Platform, images: Mapping[str, ImageRepository]) -> list[ImageRepository]:
    """The catalogue's, those of algorithms, and images that the configuration names by their digest."""
    trained = [image for model in platform.models for image in _job_images(platform, images, model).every()]
    served = [its for endpoint in platform.endpoints.values() for its in endpoint.served.values()]
    uris = {container.image.uri for its in served for container in its.chain if container.image}
    own = [ImageRepository(uri) for uri in sorted(uris)]
    return list(dict.fromkeys([*images.values(), *trained, *own]))


def _source(platform: Platform, container: Container) -> ContainerSource:
    """A fixed package is one of a model's of this file (rule PACKAGE-VERSION), or its archive could not be read."""
    if container.image:
        return ContainerSource(image=ImageRepository(container.image.uri), artifact=container.image.artifact)
    if container.package:
        group = Arn.parse(container.package).name.partition("/")[0]
        models = {platform.name(m, c): m for m, its in platform.models.items() for c in its.candidates}
        return ContainerSource(model=models[group], package=container.package)
    model, candidate = str(container.model), str(container.candidate)
    return ContainerSource(model=model, group=platform.name(model, candidate))


def _users(
    app: cdk.App,
    platform: Platform,
    base: Foundation,
    training: dict[str, Training],
    endpoints: dict[str, Inference],
) -> None:
    """Release, front door, people."""
    name, stack = platform.name(), _stack(platform)
    around = base.functions
    Release(
        app,
        platform.name("release"),
        name=name,
        endpoints=list(endpoints.values()),
        topic_arn=base.audit.topic_arn,
        around=around,
        **stack,
    )
    FrontDoor(
        app,
        platform.name("front-door"),
        name=name,
        endpoints={name: _api_endpoint(platform, name) for name in platform.endpoints},
        settings=platform.front_door,
        data=base.stores.data,
        around=around,
        retain=platform.retain_data,
        open_errors=platform.environment in DEVELOPMENT,
        **stack,
    )
    Access(
        app,
        platform.name("access"),
        name=name,
        identity=base.identity,
        people=_people(platform),
        data_scientist=platform.identity.data_scientist,
        projects={model: its.experiment_role for model, its in training.items()},
        stores=base.stores,
        placement=base.functions.placement,
        **stack,
    )


def _api_endpoint(platform: Platform, name: str) -> ApiEndpoint:
    """With what its model declares, where it serves one of this file's."""
    settings = platform.endpoints[name]
    model = declared_model(settings)
    declaration = load_declaration(ROOT / platform.models[model].code) if model else None
    return ApiEndpoint(platform.name(name), settings.mode, list(settings.variants), declaration)


def _identity(platform: Platform) -> Identity:
    account = Account(platform.partition, platform.account, platform.region)
    return Identity(account, platform.role_path, platform.boundary_arn)


def _people(platform: Platform) -> People:
    return People(mfa=platform.identity.require_mfa, permission_sets=platform.identity.permission_sets)


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
