"""The role a SageMaker pipeline runs its steps with."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.constructs.image_repository import ImageRepository
from stacks.constructs.scoped_role import ScopedRole, service


class PipelineRole(ScopedRole):
    """May start the pipeline's own jobs under `job_roles`, and register versions into `groups`. Nothing else."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        groups: list[str],
        approval: str,
        images: list[ImageRepository],
        job_roles: list[iam.Role],
    ) -> None:
        principal = service("sagemaker.amazonaws.com", cdk.Stack.of(scope))
        super().__init__(scope, id, principal=principal, description="Runs the pipeline's steps")
        self._allow_jobs("TrainingJob", "training-job")
        self._allow_jobs("ProcessingJob", "processing-job")
        to_sagemaker = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
        self.allow("PassJobRoles", ["iam:PassRole"], [role.role_arn for role in job_roles], to_sagemaker)
        packages = [self.arn("sagemaker", "model-package-group", group) for group in groups]
        packages += [self.arn("sagemaker", "model-package", f"{group}/*") for group in groups]
        # Where a person approves, the pipeline cannot.
        as_configured = {"StringEquals": {"sagemaker:ModelApprovalStatus": approval}}
        self.allow("Register", ["sagemaker:CreateModelPackage"], packages, as_configured)
        verbs = ["AddTags", "DescribeModelPackage", "DescribeModelPackageGroup"]
        self.allow("Registry", [f"sagemaker:{verb}" for verb in verbs], packages)
        # Registration pins the image by its digest.
        digest = ["ecr:BatchGetImage", "ecr:DescribeImages"]
        self.allow("ImageDigest", digest, sorted({image.arn for image in images}))

    def may_read(self, bucket: s3.IBucket, *prefixes: str) -> None:
        """Read what a step wrote: the gate's metrics, and the artifact that is registered."""
        self.allow("Read", ["s3:GetObject"], [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes])

    def may_use(self, *keys: kms.IKey) -> None:
        """Whoever creates a job grants SageMaker the use of the job's keys."""
        arns = [key.key_arn for key in keys]
        self.allow("Keys", ["kms:Decrypt", "kms:DescribeKey"], arns)
        self.allow("VolumeKeys", ["kms:CreateGrant"], arns, {"Bool": {"kms:GrantIsForAWSResource": "true"}})

    def _allow_jobs(self, noun: str, resource: str) -> None:
        """Jobs that a pipeline starts are named `pipelines-<execution>-<step>-<random>`."""
        actions = [f"sagemaker:{verb}{noun}" for verb in ("Create", "Describe", "Stop")]
        self.allow(noun, [*actions, "sagemaker:AddTags"], [self.arn("sagemaker", resource, "pipelines-*")])
