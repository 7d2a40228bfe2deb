"""One model: its registry groups, its pipeline, its roles, and the event that starts it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from config.schema import Job, Model
from stacks.constructs.code_archive import CodeArchive
from stacks.constructs.image_repository import ImageRepository
from stacks.constructs.job_role import JobRole
from stacks.constructs.pipeline_role import PipelineRole
from stacks.constructs.placement import Placement
from stacks.constructs.scoped_role import ScopedRole, service
from stacks.pipeline_definition import MANIFEST_PARAMETER, CandidatePlan, JobPlan, PipelinePlan, pipeline_definition
from stacks.pipeline_definition.steps import Compute

READY_MARKER = "_READY"


@dataclass(frozen=True)
class Stores:
    """The buckets and their keys."""

    data: s3.IBucket
    data_key: kms.IKey
    artifacts: s3.IBucket
    artifacts_key: kms.IKey


class Training(cdk.Stack):
    """One model's pipeline. It is started by `raw/<model>/<batch>/_READY` in the data bucket."""

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
        self._model, self._settings, self._stores, self._placement = model, settings, stores, placement
        self._images, self._without_key = images, families_without_volume_key
        self._code = CodeArchive(self, "Code", folder=code)
        groups = {candidate: self._group(name, candidate, retain) for candidate in settings.candidates}
        definition = pipeline_definition(self._plan(groups))
        role = PipelineRole(self, "Pipeline", groups=list(groups.values()), job_roles=self._job_roles)
        role.may_read(stores.artifacts, f"evaluations/{model}/", f"models/{model}/")
        role.may_use(stores.data_key, stores.artifacts_key)
        self.pipeline = sagemaker.CfnPipeline(
            self,
            "Workflow",
            pipeline_name=name,
            role_arn=role.role.role_arn,
            pipeline_definition={"PipelineDefinitionBody": self.to_json_string(definition)},
        )
        self.pipeline.node.add_dependency(role.policy, *(job.policy for job in self._jobs))
        self._start_when_ready(name)
        self.groups = groups
        cdk.CfnOutput(self, "PipelineName", value=name)

    def _group(self, name: str, candidate: str, retain: bool) -> str:
        """The candidate's model package group; its name is required by CloudFormation and never changes."""
        group = sagemaker.CfnModelPackageGroup(
            self,
            f"{candidate.title().replace('-', '')}Group",
            model_package_group_name=f"{name}-{candidate}",
            model_package_group_description=f"Versions of {name}, candidate {candidate}",
        )
        group.apply_removal_policy(cdk.RemovalPolicy.RETAIN if retain else cdk.RemovalPolicy.DESTROY)
        return f"{name}-{candidate}"

    def _plan(self, groups: dict[str, str]) -> PipelinePlan:
        settings, stores, model = self._settings, self._stores, self._model
        processing, training, evaluation = self._roles()
        self._jobs = [processing, training, evaluation]
        self._job_roles = [job.role for job in self._jobs]
        data, artifacts = stores.data_key.key_arn, stores.artifacts_key.key_arn
        return PipelinePlan(
            model=model,
            region=self.region,
            data_bucket=stores.data.bucket_name,
            artifacts_bucket=stores.artifacts.bucket_name,
            code_uri=self._code.uri,
            code_name=self._code.file_name,
            processing=JobPlan(
                settings.processing.entry_point,
                settings.processing.arguments,
                self._compute(settings.processing, processing, volume_key=data, output_key=data),
            ),
            evaluation=JobPlan(
                settings.evaluation.entry_point,
                {},
                self._compute(settings.evaluation, evaluation, volume_key=data, output_key=artifacts),
            ),
            candidates={
                name: CandidatePlan(
                    candidate.entry_point,
                    candidate.hyperparameters,
                    candidate.metrics,
                    self._compute(candidate, training, volume_key=data, output_key=artifacts),
                    groups[name],
                )
                for name, candidate in settings.candidates.items()
            },
            metric=settings.gate.metric,
            at_least=settings.gate.at_least,
            approval="Approved" if settings.approval == "automatic" else "PendingManualApproval",
        )

    def _compute(self, job: Job, role: JobRole, *, volume_key: str, output_key: str) -> Compute:
        family = job.instance_type.split(".")[1]
        return Compute(
            image=self._images[job.image].uri,
            role=role.role.role_arn,
            instance_type=job.instance_type,
            volume_gb=job.volume_gb,
            volume_key=None if family in self._without_key else volume_key,
            output_key=output_key,
            max_runtime_seconds=job.max_runtime_minutes * 60,
            subnets=self._placement.subnet_ids,
            security_groups=[self._placement.security_group.security_group_id],
        )

    def _roles(self) -> tuple[JobRole, JobRole, JobRole]:
        """What each kind of job may touch: this is where jobs and buckets meet."""
        settings, stores, model = self._settings, self._stores, self._model
        raw, processed = f"raw/{model}/", f"processed/{model}/"
        models, evaluations = f"models/{model}/", f"evaluations/{model}/"

        processing = self._job_role("Processing", [settings.processing], "/aws/sagemaker/ProcessingJobs")
        processing.may_read(stores.data, raw)
        processing.may_write(stores.data, processed)
        processing.may_use(stores.data_key)

        training = self._job_role("Training", list(settings.candidates.values()), "/aws/sagemaker/TrainingJobs")
        training.may_read(stores.data, processed)
        training.may_write(stores.artifacts, models)
        training.may_use(stores.data_key, stores.artifacts_key)

        evaluation = self._job_role("Evaluation", [settings.evaluation], "/aws/sagemaker/ProcessingJobs")
        evaluation.may_read(stores.data, processed)
        evaluation.may_read(stores.artifacts, models)
        evaluation.may_write(stores.artifacts, evaluations)
        evaluation.may_use(stores.data_key, stores.artifacts_key)
        return processing, training, evaluation

    def _job_role(self, id: str, jobs: list[Job], logs: str) -> JobRole:
        images = [self._images[job.image] for job in jobs]
        role = JobRole(self, id, description=f"{id} jobs of {self._model}", images=images, logs=logs)
        role.may_read_asset(self._code.asset)
        return role

    def _start_when_ready(self, name: str) -> None:
        """The marker's arrival starts the pipeline: one event for a batch of any number of files."""
        principal = service("events.amazonaws.com", self)
        starter = ScopedRole(self, "Starter", principal=principal, description=f"EventBridge starts {name}")
        pipeline = starter.arn("sagemaker", "pipeline", name)
        starter.allow("Start", ["sagemaker:StartPipelineExecution"], [pipeline])
        rule = events.CfnRule(
            self,
            "DataReady",
            description=f"raw/{self._model}/<batch>/{READY_MARKER} starts {name}",
            event_pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {
                    "bucket": {"name": [self._stores.data.bucket_name]},
                    "object": {"key": [{"wildcard": f"raw/{self._model}/*/{READY_MARKER}"}]},
                },
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="Pipeline",
                    arn=pipeline,
                    role_arn=starter.role.role_arn,
                    sage_maker_pipeline_parameters=events.CfnRule.SageMakerPipelineParametersProperty(
                        pipeline_parameter_list=[
                            events.CfnRule.SageMakerPipelineParameterProperty(
                                name=MANIFEST_PARAMETER, value="$.detail.object.key"
                            )
                        ]
                    ),
                )
            ],
        )
        rule.node.add_dependency(self.pipeline, starter.policy)
