"""One endpoint: its models, scaling and roll-out. What is released is this stack's parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from config import catalogue
from config.schema import Endpoint
from stacks.constructs.endpoint_configuration import EndpointConfiguration
from stacks.constructs.hosted_endpoint import HostedEndpoint
from stacks.constructs.hosting_roles import HostingRoles
from stacks.constructs.live_endpoint import HOLD, VARIANTS, LiveEndpoint
from stacks.constructs.model_variant import ModelVariant
from stacks.constructs.released_packages import ReleasedPackages
from stacks.constructs.request_topics import RequestTopics
from stacks.constructs.requester_role import RequesterRole
from stacks.constructs.rollback_alarms import RollbackAlarms
from stacks.constructs.variant_scaling import VariantScaling
from stacks.values.container_source import ContainerSource
from stacks.values.function_surroundings import FunctionSurroundings
from stacks.values.hosted import HostedNames, model_id
from stacks.values.image_repository import ImageRepository
from stacks.values.store import Stores


class Inference(cdk.Stack):
    """One endpoint named `name`. `sources`: variant or shadow -> its containers; `images`: those of packages.

    `live_log_group`: of the function that its custom resources call. Controls: SageMaker.4, .5; SMDG-13.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        settings: Endpoint,
        sources: Mapping[str, Sequence[ContainerSource]],
        images: Sequence[ImageRepository],
        stores: Stores,
        topic_arn: str,
        live_log_group: str,
        around: FunctionSurroundings,
        **stack: Any,
    ) -> None:
        # Without the CDK's bootstrap-version parameter: CloudFormation would read it from SSM at every release, as the
        # release's own narrow role.
        synthesizer = cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
        super().__init__(scope, id, synthesizer=synthesizer, **stack)
        # The stack keeps a copy. Files are staged with the original (stacks/constructs/staged_file.py).
        synthesizer.bind(self)
        self.given_synthesizer = synthesizer
        plain = name.replace("-", "")
        model_ids = {variant: model_id(name, variant) for variant in sources}
        own: dict[str, Any] = {"endpoint": name, "settings": settings}
        packages = ReleasedPackages(self, settings=settings, chains=sources, artifacts=stores.artifacts)
        topics = RequestTopics(self, account=around.identity.account, key=around.dead_letters_key, settings=settings)
        if settings.asynchronous:
            RequesterRole(self, endpoint=name, identity=around.identity, data=stores.data)
        roles = HostingRoles(
            self,
            **own,
            sources=sources,
            images=images,
            stores=stores,
            topics=topics.arns,
            configuration_id=f"{plain}config",
            around=around,
        )
        placement = None if settings.mode == "serverless" else around.placement
        models = {
            variant: ModelVariant(
                self,
                variant,
                containers=packages.containers(variant),
                logical_id=model_ids[variant],
                role=roles.of[variant],
                placement=placement,
            )
            for variant in sources
        }
        types = sorted({fleet.instance_type for fleet in settings.fleets})
        # SageMaker refuses a key when any variant's drive is encrypted by its own hardware, and without instances.
        keyless = not types or any(map(catalogue.encrypts_its_drives, types))
        volume_key = None if keyless else stores.artifacts.key
        configuration = EndpointConfiguration(
            self,
            **own,
            logical_id=f"{plain}config",
            models={variant: model.name for variant, model in models.items()},
            volume_key=volume_key,
            data=stores.data,
            topics=topics.arns,
        )
        alarms = RollbackAlarms(self, **own, configuration=configuration.name, topic_arn=topic_arn)
        endpoint = HostedEndpoint(
            self, **own, logical_id=f"{plain}endpoint", configuration=configuration.name, alarms=alarms.names
        )
        live = LiveEndpoint(
            self, **own, configuration_id=f"{plain}config", stack_name=id, log_group=live_log_group, around=around
        )
        scaling = VariantScaling(self, **own, alarm=f"{plain}config")
        endpoint.waits_for(HOLD, *alarms.ids)
        live.waits_for(endpoint.id)
        scaling.waits_for(VARIANTS)
        hosted = [configuration.resource, endpoint.resource, *(model.resource for model in models.values())]
        packages.only_when_released(*hosted, *alarms.resources, *live.resources, *scaling.resources)
        self.variants, tags = packages.variants, stack["tags"]
        self.names = HostedNames(
            endpoint=name,
            stack=id,
            model_ids=model_ids,
            configuration_id=f"{plain}config",
            groups=sorted({variant.group for variant in packages.variants}),
            packages=sorted({source.package for chain in sources.values() for source in chain if source.package}),
            hosting_roles=[role.role_arn for role in roles.of.values()],
            instance_types=types,
            volume_key=volume_key,
            serverless=settings.mode == "serverless",
            live_function=live.function,
            prefix=tags["platform"],
            environment=tags["environment"],
        )
