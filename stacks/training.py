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
from stacks.constructs.pipeline_schedule import pipeline_schedule
from stacks.constructs.pipeline_starter import PipelineStarter
from stacks.constructs.workflow_function import workflow_function
from stacks.pipeline_definition import MANIFEST_PARAMETER, Surroundings, plan
from stacks.values.function_surroundings import FunctionSurroundings
from stacks.values.job_images import JobImages
from stacks.values.store import Stores


class Training(cdk.Stack):
    """One model's pipeline, named `name`. `groups`: candidate -> model package group; `endpoints`: that serve it.

    `experiment_role`: ARN of the one that its data scientists pass to jobs of their own.
    `s3_read_buckets`: names of buckets of others that jobs may read. `scan_code`: the platform's own job.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        model: str,
        settings: Model,
        images: JobImages,
        code: Path,
        scan_code: Path,
        stores: Stores,
        s3_read_buckets: Sequence[str],
        endpoints: Sequence[str],
        log_group: str,
        around: FunctionSurroundings,
        retain: bool,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id, **stack)
        # Asked for once: three files are staged with it (stacks/constructs/staged_file.py).
        self.given_synthesizer = self.synthesizer
        identity, placement = around.identity, around.placement
        self.groups = {candidate: self._group(name, candidate, retain) for candidate in settings.candidates}
        archive, scan = (
            CodeArchive(self, folder=each, account=identity.account, assets=around.assets) for each in (code, scan_code)
        )
        own: dict[str, Any] = {"model": model, "settings": settings}
        jobs = JobRoles(
            self,
            **own,
            identity=identity,
            images=images,
            code=archive.file,
            scan_code=scan.file,
            stores=stores,
            foreign_buckets=s3_read_buckets,
        )
        self.experiment_role = jobs.experiment.role_arn
        workflow = workflow_function(
            self,
            **own,
            name=name,
            groups=list(self.groups.values()),
            endpoints=endpoints,
            raw=stores.raw,
            log_group=log_group,
            around=around,
        )
        surroundings = Surroundings(
            region=identity.account.region,
            raw_bucket=stores.raw.name,
            data_bucket=stores.data.name,
            data_key=stores.data.key,
            artifacts_bucket=stores.artifacts.name,
            artifacts_key=stores.artifacts.key,
            code_uri=archive.uri,
            code_name=archive.file.key,
            scan_code_uri=scan.uri,
            images=images,
            processing_role=jobs.processing.role_arn,
            training_role=jobs.training.role_arn,
            evaluation_role=jobs.evaluation.role_arn,
            scan_role=jobs.scan.role_arn,
            transform_role=jobs.transform.role_arn if jobs.transform else None,
            groups=self.groups,
            subnets=placement.subnet_ids,
            security_group=placement.security_group_id,
            workflow=workflow,
        )
        pipeline = ModelPipeline(
            self,
            name=name,
            planned=plan(model, settings, surroundings),
            identity=identity,
            jobs=jobs,
            images=images.every(),
            stores=stores,
            placement=placement,
        ).resource
        started: dict[str, Any] = {
            "identity": identity,
            "pipeline": pipeline,
            "name": name,
            "model": model,
            "dead_letters_arn": around.dead_letters_arn,
        }
        PipelineStarter(self, **started, bucket=stores.raw.name, parameter=MANIFEST_PARAMETER)
        if settings.schedule:
            pipeline_schedule(self, **started, settings=settings.schedule, key=around.dead_letters_key)

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
