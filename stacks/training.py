"""One model: its registry groups, its pipeline, its roles, and the event that starts it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from config.schema import Model
from stacks.constructs.code_archive import CodeArchive
from stacks.constructs.image_repository import ImageRepository
from stacks.constructs.naming import construct_id
from stacks.constructs.pipeline_role import PipelineRole
from stacks.constructs.pipeline_starter import PipelineStarter
from stacks.constructs.placement import Placement
from stacks.constructs.training_roles import Stores, TrainingRoles
from stacks.pipeline_definition import MANIFEST_PARAMETER, Surroundings, approval_status, pipeline_definition, plan


class Training(cdk.Stack):
    """One model's pipeline, named `name`. `groups`: candidate -> model package group."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        model: str,
        settings: Model,
        images: dict[str, ImageRepository],
        families_without_volume_key: frozenset[str],
        code: Path,
        stores: Stores,
        placement: Placement,
        retain: bool,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id, **stack)
        self.groups = {candidate: self._group(name, candidate, retain) for candidate in settings.candidates}
        archive = CodeArchive(self, "Code", folder=code)
        jobs = TrainingRoles(self, "Jobs", model=model, settings=settings, images=images, code=archive, stores=stores)
        role = PipelineRole(
            self,
            "Pipeline",
            groups=list(self.groups.values()),
            approval=approval_status(settings),
            images=list(images.values()),
            job_roles=[job.role for job in jobs.all],
        )
        role.may_read(stores.artifacts, f"evaluations/{model}/", f"models/{model}/")
        role.may_use(stores.data_key, stores.artifacts_key)
        surroundings = Surroundings(
            region=self.region,
            data_bucket=stores.data.bucket_name,
            data_key=stores.data_key.key_arn,
            artifacts_bucket=stores.artifacts.bucket_name,
            artifacts_key=stores.artifacts_key.key_arn,
            code_uri=archive.uri,
            code_name=archive.file_name,
            images={image: repository.uri for image, repository in images.items()},
            families_without_volume_key=families_without_volume_key,
            processing_role=jobs.processing.role.role_arn,
            training_role=jobs.training.role.role_arn,
            evaluation_role=jobs.evaluation.role.role_arn,
            groups=self.groups,
            subnets=placement.subnet_ids,
            security_group=placement.security_group.security_group_id,
        )
        definition = pipeline_definition(plan(model, settings, surroundings))
        pipeline = sagemaker.CfnPipeline(
            self,
            "Workflow",
            pipeline_name=name,
            role_arn=role.role.role_arn,
            pipeline_definition={"PipelineDefinitionBody": self.to_json_string(definition)},
        )
        pipeline.node.add_dependency(role.policy, *(job.policy for job in jobs.all))
        PipelineStarter(
            self, "Starter", pipeline=pipeline, bucket=stores.data, model=model, parameter=MANIFEST_PARAMETER
        )
        cdk.CfnOutput(self, "PipelineName", value=name)

    def _group(self, name: str, candidate: str, retain: bool) -> str:
        """The candidate's model package group; its name is required by CloudFormation and never changes."""
        group = sagemaker.CfnModelPackageGroup(
            self,
            f"{construct_id(candidate)}Group",
            model_package_group_name=f"{name}-{candidate}",
            model_package_group_description=f"Versions of {name}, candidate {candidate}",
        )
        group.apply_removal_policy(cdk.RemovalPolicy.RETAIN if retain else cdk.RemovalPolicy.DESTROY)
        return f"{name}-{candidate}"
