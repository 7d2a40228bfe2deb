"""One model: its registry groups, its pipeline, its roles, and the event that starts it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from config.schema import Model
from stacks.constructs.code_archive import CodeArchive
from stacks.constructs.job_roles import JobRoles
from stacks.constructs.model_pipeline import ModelPipeline
from stacks.constructs.naming import construct_id
from stacks.constructs.pipeline_starter import PipelineStarter
from stacks.pipeline_definition import MANIFEST_PARAMETER, Surroundings, plan
from stacks.values.assets import Assets
from stacks.values.identity import Identity
from stacks.values.image_repository import ImageRepository
from stacks.values.placement import Placement
from stacks.values.store import Stores


class Training(cdk.Stack):
    """One model's pipeline, named `name`. `groups`: candidate -> model package group.

    `experiment_role`: ARN of the one that its data scientists pass to jobs of their own.
    `s3_read_buckets`: names of buckets of others that jobs may read.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        model: str,
        settings: Model,
        identity: Identity,
        images: dict[str, ImageRepository],
        code: Path,
        stores: Stores,
        s3_read_buckets: Sequence[str],
        placement: Placement,
        assets: Assets,
        dead_letters_arn: str,
        retain: bool,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id, **stack)
        self.groups = {candidate: self._group(name, candidate, retain) for candidate in settings.candidates}
        archive = CodeArchive(self, folder=code, account=identity.account, assets=assets)
        jobs = JobRoles(
            self,
            identity=identity,
            model=model,
            settings=settings,
            images=images,
            code=archive.file,
            stores=stores,
            foreign_buckets=s3_read_buckets,
        )
        self.experiment_role = jobs.experiment.role_arn
        surroundings = Surroundings(
            region=identity.account.region,
            raw_bucket=stores.raw.name,
            data_bucket=stores.data.name,
            data_key=stores.data.key,
            artifacts_bucket=stores.artifacts.name,
            artifacts_key=stores.artifacts.key,
            code_uri=archive.uri,
            code_name=archive.file.key,
            images={image: repository.uri for image, repository in images.items()},
            processing_role=jobs.processing.role_arn,
            training_role=jobs.training.role_arn,
            evaluation_role=jobs.evaluation.role_arn,
            groups=self.groups,
            subnets=placement.subnet_ids,
            security_group=placement.security_group_id,
        )
        pipeline = ModelPipeline(
            self,
            name=name,
            planned=plan(model, settings, surroundings),
            identity=identity,
            jobs=jobs,
            images=list(images.values()),
            stores=stores,
            placement=placement,
        )
        PipelineStarter(
            self,
            identity=identity,
            pipeline=pipeline.resource,
            name=name,
            bucket=stores.raw.name,
            model=model,
            parameter=MANIFEST_PARAMETER,
            dead_letters_arn=dead_letters_arn,
        )

    def _group(self, name: str, candidate: str, retain: bool) -> str:
        """The candidate's model package group; its name is required by CloudFormation and never changes."""
        group = sagemaker.CfnModelPackageGroup(
            self,
            f"{construct_id(candidate)}Group",
            model_package_group_name=f"{name}-{candidate}",
            model_package_group_description=f"Versions of {name}, candidate {candidate}",
        )
        if retain:
            group.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        return f"{name}-{candidate}"
