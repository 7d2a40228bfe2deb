"""One endpoint: its variants, scaling and roll-out. What is released is this stack's parameters.

There is one String parameter for each variant, the ARN of its model package, default `none`. `cdk deploy` keeps
previous parameter values, so a deployment does not undo a release; while all are `none` nothing is hosted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

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
        self.logical_prefix = name.replace("-", "")
        self.volume_key = artifacts_key
        self.role = self._hosting_role(settings, images, artifacts, artifacts_key)
        packages = {variant: self._package_parameter(variant) for variant in settings.variants}
        released = self._condition(list(packages.values()))
        variants = {}
        for variant, its in settings.variants.items():
            model = ModelVariant(
                self,
                f"{construct_id(variant)}Variant",
                package=packages[variant].value_as_string,
                logical_id=f"{self.logical_prefix}{construct_id(variant).lower()}model",
                role=self.role,
                placement=placement,
                released=released,
            )
            variants[variant] = HostedVariant(settings=its, model=model.resource)
        families = {its.instance_type.split(".")[1] for its in settings.variants.values()}
        HostedEndpoint(
            self,
            "Hosting",
            name=name,
            logical_prefix=self.logical_prefix,
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

    def _condition(self, packages: list[cdk.CfnParameter]) -> cdk.CfnCondition:
        """All variants have a package: a release fills every one, so they are released together."""
        present = [cdk.Fn.condition_not(cdk.Fn.condition_equals(p.value_as_string, NOT_RELEASED)) for p in packages]
        every = present[0] if len(present) == 1 else cdk.Fn.condition_and(*present)
        return cdk.CfnCondition(self, "Released", expression=every)

    def _alarms(self, variant: str, settings: Endpoint) -> list[str]:
        limits = settings.rollout.alarms
        return RollbackAlarms(
            self, f"{construct_id(variant)}Alarms", endpoint=self.endpoint_name, variant=variant, limits=limits
        ).names
