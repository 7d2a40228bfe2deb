"""One endpoint: its variants, scaling and roll-out. What is released is this stack's parameters.

There is one String parameter for each variant, the ARN of its model package, default `none`. `cdk deploy` keeps
previous parameter values, so a deployment does not undo a release. While all are `none` nothing is hosted; a variant
whose own is `none` serves the package of the heaviest variant that has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from constructs import Construct

from config import catalogue
from config.schema import Endpoint
from stacks.constructs.hosted_endpoint import HostedEndpoint, HostedVariant
from stacks.constructs.model_variant import ModelVariant
from stacks.constructs.naming import construct_id
from stacks.constructs.rollback_alarms import RollbackAlarms
from stacks.constructs.scoped_role import ScopedRole
from stacks.permissions import trust
from stacks.permissions.hosting import hosting, log_group_name
from stacks.values.hosted import HostedNames
from stacks.values.identity import Identity
from stacks.values.image_repository import ImageRepository
from stacks.values.placement import Placement
from stacks.values.store import Store

NOT_RELEASED = "none"


@dataclass(frozen=True)
class ReleasedVariant:
    """How a release reaches one variant: the stack's parameter, the group it takes packages from, its weight."""

    name: str
    parameter: str
    group: str
    weight: float


class Inference(cdk.Stack):
    """One endpoint named `name`. `groups`: variant -> model package group."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        settings: Endpoint,
        identity: Identity,
        groups: dict[str, str],
        images: list[ImageRepository],
        artifacts: Store,
        logs_key: str,
        log_retention_days: int,
        topic_arn: str,
        placement: Placement,
        **stack: Any,
    ) -> None:
        # Without the CDK's bootstrap-version parameter: CloudFormation would read it from SSM at every release, as the
        # release's own narrow role.
        synthesizer = cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
        super().__init__(scope, id, synthesizer=synthesizer, **stack)
        self.endpoint_name = name
        # Lower-case, because CloudFormation derives names from logical ids, and SageMaker's ARNs are lower-case.
        plain = name.replace("-", "")
        self._artifacts, self._images, self._identity = artifacts, images, identity
        self._logs(name, logs_key, log_retention_days)
        roles = {variant: self._hosting_role(variant, settings) for variant in settings.variants}
        types = sorted({its.instance_type for its in settings.variants.values()})
        # SageMaker refuses a key when any variant's drive is encrypted by its own hardware.
        volume_key = None if any(map(catalogue.encrypts_its_drives, types)) else artifacts.key
        self.names = HostedNames(
            endpoint=name,
            stack=id,
            model_ids={variant: f"{plain}{variant}model" for variant in settings.variants},
            configuration_id=f"{plain}config",
            groups=sorted(set(groups.values())),
            hosting_roles=[role.role_arn for role in roles.values()],
            instance_types=types,
            volume_key=volume_key,
        )
        packages = {variant: self._package_parameter(variant) for variant in settings.variants}
        released = self._condition(packages)
        served = self._served(settings, packages)
        variants = {}
        for variant, its in settings.variants.items():
            model = ModelVariant(
                self,
                f"{construct_id(variant)}Variant",
                package=served[variant],
                logical_id=self.names.model_ids[variant],
                role=roles[variant],
                placement=placement,
                released=released,
            )
            variants[variant] = HostedVariant(settings=its, model=model.resource)
        HostedEndpoint(
            self,
            "Hosting",
            name=name,
            configuration_id=self.names.configuration_id,
            endpoint_id=f"{plain}endpoint",
            variants=variants,
            rollout=settings.rollout,
            alarms=[alarm for variant in settings.variants for alarm in self._alarms(variant, settings, topic_arn)],
            volume_key=volume_key,
            released=released,
        )
        self.variants = [
            ReleasedVariant(v, _parameter_name(v), groups[v], its.weight) for v, its in settings.variants.items()
        ]

    def _logs(self, name: str, key: str, retention_days: int) -> None:
        """SageMaker would make the endpoint's log group itself, without a key and for ever."""
        logs.CfnLogGroup(
            self, "Logs", log_group_name=log_group_name(name), kms_key_id=key, retention_in_days=retention_days
        )

    def _hosting_role(self, variant: str, settings: Endpoint) -> ScopedRole:
        return ScopedRole(
            self,
            f"{construct_id(variant)}Hosting",
            identity=self._identity,
            kind="hosting",
            trust=trust.sagemaker(self._identity.account),
            description=f"Variant {variant} of {self.endpoint_name}",
            statements=hosting(
                self._identity.account,
                endpoint=self.endpoint_name,
                variant=variant,
                models=sorted({its.model for its in settings.variants.values()}),
                artifacts=self._artifacts,
                images=self._images,
            ),
        )

    def _package_parameter(self, variant: str) -> str:
        """The parameter's value, as a token."""
        parameter = cdk.CfnParameter(
            self,
            _parameter_name(variant),
            type="String",
            default=NOT_RELEASED,
            description=f"Model package of variant {variant}, set by a release; `{NOT_RELEASED}` before the first",
        )
        return parameter.value_as_string

    def _condition(self, packages: dict[str, str]) -> str:
        """Something is released. Not all: a variant new in the YAML must not take the others out of service."""
        own: list[Any] = [self._has_own(variant, package) for variant, package in packages.items()]
        some = own[0] if len(own) == 1 else cdk.Fn.condition_or(*own)
        cdk.CfnCondition(self, "Released", expression=some)
        return "Released"

    def _has_own(self, variant: str, package: str) -> cdk.CfnCondition:
        is_none = cdk.Fn.condition_equals(package, NOT_RELEASED)
        return cdk.CfnCondition(self, f"{construct_id(variant)}Released", expression=cdk.Fn.condition_not(is_none))

    def _served(self, settings: Endpoint, packages: dict[str, str]) -> dict[str, str]:
        """Each variant's own package, or else that of the heaviest variant that has one."""
        by_weight = sorted(settings.variants, key=lambda variant: -settings.variants[variant].weight)
        return {
            variant: self._first_of([variant, *(other for other in by_weight if other != variant)], packages)
            for variant in settings.variants
        }

    def _first_of(self, variants: list[str], packages: dict[str, str]) -> str:
        """The package of the first of these variants that has one. One of them has: else there would be no model."""
        first, *others = variants
        own = packages[first]
        if not others:
            return own
        condition = f"{construct_id(first)}Released"
        return cdk.Token.as_string(cdk.Fn.condition_if(condition, own, self._first_of(others, packages)))

    def _alarms(self, variant: str, settings: Endpoint, topic_arn: str) -> list[str]:
        return RollbackAlarms(
            self,
            f"{construct_id(variant)}Alarms",
            endpoint=self.endpoint_name,
            variant=variant,
            limits=settings.rollout.alarms,
            topic_arn=topic_arn,
        ).names


def _parameter_name(variant: str) -> str:
    """Of the parameter that a release sets; a direct child of the stack keeps its id as its logical id."""
    return f"{construct_id(variant)}ModelPackage"
