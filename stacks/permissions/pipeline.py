"""A model's pipeline: it starts its own jobs, the secure way only, and registers versions into its own groups.

CreatePipeline has no condition keys, so a pipeline's definition may say anything: what its jobs must be is said here.
"""

from __future__ import annotations

from collections.abc import Sequence

from stacks.permissions.conditions import FOR_SERVICES
from stacks.permissions.jobs import owned_by
from stacks.permissions.statement import Because, Statement
from stacks.values.account import Account
from stacks.values.image_repository import ImageRepository
from stacks.values.job_limits import JobLimits
from stacks.values.placement import Placement
from stacks.values.store import Store, Stores

TO_SAGEMAKER = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def pipeline(
    account: Account,
    *,
    stores: Stores,
    model: str,
    groups: Sequence[str],
    approval: str,
    images: Sequence[ImageRepository],
    job_roles: Sequence[str],
    processing: Sequence[JobLimits],
    training: Sequence[JobLimits],
    placement: Placement,
) -> list[Statement]:
    """`approval`: the only status a version may be registered with. Where a person approves, the pipeline cannot."""
    own_groups = [account.arn("sagemaker", f"model-package-group/{group}") for group in groups]
    packages = own_groups + [account.arn("sagemaker", f"model-package/{group}/*") for group in groups]
    registered = {"StringEquals": {"sagemaker:ModelApprovalStatus": approval}}
    describe = ["sagemaker:DescribeModelPackage", "sagemaker:DescribeModelPackageGroup"]
    tag = {"StringEquals": {"sagemaker:TaggingAction": "CreateModelPackage"}}
    digest = ["ecr:BatchGetImage", "ecr:DescribeImages"]
    return [
        *_jobs(account, "ProcessingJob", "processing-job", processing, placement),
        *_jobs(account, "TrainingJob", "training-job", training, placement),
        Statement("PassJobRoles", ["iam:PassRole"], job_roles, TO_SAGEMAKER),
        Statement("Register", ["sagemaker:CreateModelPackage"], packages, registered, because=Because.VERSIONS),
        Statement("Registry", describe, packages, because=Because.VERSIONS),
        Statement("TagPackages", ["sagemaker:AddTags"], packages, tag, because=Because.VERSIONS),
        # Registration pins the image by its digest.
        Statement("ImageDigest", digest, sorted({image.arn for image in images})),
        *_reading(account, stores.artifacts, [f"evaluations/{model}/", f"models/{model}/"]),
        *_granting(stores),
    ]


def _jobs(
    account: Account, noun: str, resource: str, limits: Sequence[JobLimits], placement: Placement
) -> list[Statement]:
    """Jobs that a pipeline starts are named `pipelines-<execution>-<step>-<random>`."""
    jobs = [account.arn("sagemaker", f"{resource}/pipelines-*")]
    names = Because.GENERATED_NAMES
    create = [
        Statement(f"Create{noun}{n}", [f"sagemaker:Create{noun}"], jobs, each.conditions(placement), because=names)
        for n, each in enumerate(limits)
    ]
    tag = {"StringEquals": {"sagemaker:TaggingAction": f"Create{noun}"}}
    return [
        *create,
        Statement(f"Follow{noun}", [f"sagemaker:Describe{noun}", f"sagemaker:Stop{noun}"], jobs, because=names),
        Statement(f"Tag{noun}", ["sagemaker:AddTags"], jobs, tag, because=names),
    ]


def _reading(account: Account, store: Store, prefixes: Sequence[str]) -> list[Statement]:
    """What steps wrote: the gate's metrics, and the artifact that is registered."""
    objects = [f"{store.arn}/{prefix}*" for prefix in prefixes]
    return [Statement("Read", ["s3:GetObject"], objects, owned_by(account), because=Because.OBJECT_KEYS)]


def _granting(stores: Stores) -> list[Statement]:
    """Whoever creates a job grants SageMaker the use of the job's keys."""
    keys = sorted({stores.raw.key, stores.data.key, stores.artifacts.key})
    return [
        Statement("Keys", ["kms:Decrypt", "kms:DescribeKey"], keys),
        Statement("VolumeKeys", ["kms:CreateGrant"], keys, FOR_SERVICES),
    ]


def starter(account: Account, pipeline_name: str) -> list[Statement]:
    """The rule that starts the pipeline."""
    return [
        Statement(
            "Start", ["sagemaker:StartPipelineExecution"], [account.arn("sagemaker", f"pipeline/{pipeline_name}")]
        )
    ]
