"""One endpoint: its variants, scaling and roll-out. What is released is this stack's parameters.

There is one String parameter for each variant, the ARN of its model package, default `none`. `cdk deploy` keeps
previous parameter values, so a deployment does not undo a release. While all are `none` nothing is hosted; a variant
whose own is `none` serves the package of the heaviest variant that has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from config import catalogue
from config.schema import Endpoint
from stacks.constructs.hosted_endpoint import HostedEndpoint, HostedVariant
from stacks.constructs.image_repository import ImageRepository
from stacks.constructs.job_role import JobRole
from stacks.constructs.model_variant import ModelVariant
from stacks.constructs.naming import construct_id
from stacks.constructs.placement import Placement
from stacks.constructs.rollback_alarms import RollbackAlarms

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
        groups: dict[str, str],
        images: list[ImageRepository],
        families_without_volume_key: frozenset[str],
        artifacts: s3.IBucket,
        artifacts_key: kms.IKey,
        placement: Placement,
        **stack: Any,
    ) -> None:
        # Without the CDK's bootstrap-version parameter: CloudFormation would read it from SSM at every release, as the
        # release's own narrow role.
        synthesizer = cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
        super().__init__(scope, id, synthesizer=synthesizer, **stack)
        self.endpoint_name = name
        # Lower-case, because CloudFormation derives names from logical ids, and SageMaker's ARNs are lower-case.
        prefix = name.replace("-", "")
        self.model_ids = {variant: f"{prefix}{variant}model" for variant in settings.variants}
        self.configuration_id = f"{prefix}config"
        self.volume_key = artifacts_key
        self.role = self._hosting_role(settings, images, artifacts, artifacts_key)
        packages = {variant: self._package_parameter(variant) for variant in settings.variants}
        released = self._condition(packages)
        served = self._served(settings, packages)
        variants = {}
        for variant, its in settings.variants.items():
            model = ModelVariant(
                self,
                f"{construct_id(variant)}Variant",
                package=served[variant],
                logical_id=self.model_ids[variant],
                role=self.role,
                placement=placement,
                released=released,
            )
            variants[variant] = HostedVariant(settings=its, model=model.resource)
        families = {catalogue.family(its.instance_type) for its in settings.variants.values()}
        HostedEndpoint(
            self,
            "Hosting",
            name=name,
            configuration_id=self.configuration_id,
            endpoint_id=f"{prefix}endpoint",
            variants=variants,
            rollout=settings.rollout,
            alarms=[alarm for variant in settings.variants for alarm in self._alarms(variant, settings)],
            # SageMaker refuses a key when any variant's drive is encrypted by its own hardware.
            volume_key=None if families & families_without_volume_key else artifacts_key.key_arn,
            released=released,
        )
        self.variants = [
            ReleasedVariant(v, packages[v].logical_id, groups[v], its.weight) for v, its in settings.variants.items()
        ]
        cdk.CfnOutput(self, "EndpointName", value=name)

    def _hosting_role(
        self, settings: Endpoint, images: list[ImageRepository], artifacts: s3.IBucket, key: kms.IKey
    ) -> iam.Role:
        """Models run under it. A variant without a package of its own runs the champion's, so all may read all."""
        logs = f"/aws/sagemaker/Endpoints/{self.endpoint_name}"
        hosting = JobRole(self, "Role", description=f"Models of {self.endpoint_name}", images=images, logs=logs)
        for model in sorted({variant.model for variant in settings.variants.values()}):
            hosting.may_read(artifacts, f"models/{model}/")
        hosting.may_use(key)
        return hosting.role

    def _package_parameter(self, variant: str) -> cdk.CfnParameter:
        return cdk.CfnParameter(
            self,
            f"{construct_id(variant)}ModelPackage",
            type="String",
            default=NOT_RELEASED,
            description=f"Model package of variant {variant}, set by a release; `{NOT_RELEASED}` before the first",
        )

    def _condition(self, packages: dict[str, cdk.CfnParameter]) -> cdk.CfnCondition:
        """Something is released. Not all: a variant that is new in the YAML must not take the others out of service."""
        own: list[Any] = [self._has_own(variant, parameter) for variant, parameter in packages.items()]
        some = own[0] if len(own) == 1 else cdk.Fn.condition_or(*own)
        return cdk.CfnCondition(self, "Released", expression=some)

    def _has_own(self, variant: str, parameter: cdk.CfnParameter) -> cdk.CfnCondition:
        is_none = cdk.Fn.condition_equals(parameter.value_as_string, NOT_RELEASED)
        return cdk.CfnCondition(self, f"{construct_id(variant)}Released", expression=cdk.Fn.condition_not(is_none))

    def _served(self, settings: Endpoint, packages: dict[str, cdk.CfnParameter]) -> dict[str, str]:
        """Each variant's own package, or else that of the heaviest variant that has one."""
        by_weight = sorted(settings.variants, key=lambda variant: -settings.variants[variant].weight)
        return {
            variant: self._first_of([variant, *(other for other in by_weight if other != variant)], packages)
            for variant in settings.variants
        }

    def _first_of(self, variants: list[str], packages: dict[str, cdk.CfnParameter]) -> str:
        """The package of the first of these variants that has one. One of them has: else there would be no model."""
        first, *others = variants
        own = packages[first].value_as_string
        if not others:
            return own
        condition = f"{construct_id(first)}Released"
        return cdk.Token.as_string(cdk.Fn.condition_if(condition, own, self._first_of(others, packages)))

    def _alarms(self, variant: str, settings: Endpoint) -> list[str]:
        limits = settings.rollout.alarms
        return RollbackAlarms(
            self, f"{construct_id(variant)}Alarms", endpoint=self.endpoint_name, variant=variant, limits=limits
        ).names
