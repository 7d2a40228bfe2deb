"""A model's pipeline: it starts its own jobs, the secure way only, and registers versions into its own groups.

CreatePipeline has no condition keys, so a pipeline's definition may say anything: what its jobs must be is said here.
"""

from __future__ import annotations

from collections.abc import Sequence

from stacks.permissions.conditions import FOR_SERVICES
from stacks.permissions.jobs import owned_by
from stacks.permissions.statement import Because, Conditions, Statement
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
    tuning: Sequence[JobLimits],
    transform: Sequence[JobLimits],
    function: str | None,
    placement: Placement,
) -> list[Statement]:
    """`approval`: the only status a version may be registered with. Where a person approves, the pipeline cannot.

    `function`: ARN of the one that it asks, if it asks anything.
    """
    own_groups = [account.arn("sagemaker", f"model-package-group/{group}") for group in groups]
    packages = own_groups + [account.arn("sagemaker", f"model-package/{group}/*") for group in groups]
    registered = {"StringEquals": {"sagemaker:ModelApprovalStatus": approval}}
    describe = ["sagemaker:DescribeModelPackage", "sagemaker:DescribeModelPackageGroup"]
    tag = {"StringEquals": {"sagemaker:TaggingAction": "CreateModelPackage"}}
    digest = ["ecr:BatchGetImage", "ecr:DescribeImages"]
    return [
        *_jobs(account, "ProcessingJob", "processing-job", processing, placement),
        *_jobs(account, "TrainingJob", "training-job", training, placement),
        *_tuning(account, tuning, placement),
        *_transform(account, transform, placement),
        *([Statement("Ask", ["lambda:InvokeFunction"], [function])] if function else []),
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
    return _of_kind(noun, [account.arn("sagemaker", f"{resource}/pipelines-*")], limits, placement) if limits else []


def _tuning(account: Account, limits: Sequence[JobLimits], placement: Placement) -> list[Statement]:
    """A tuning job's name is shorter: `<execution>-<step, cut>-<random>`. Its jobs are SageMaker's own to start."""
    if not limits:
        return []
    jobs = [account.arn("sagemaker", "hyper-parameter-tuning-job/*-Tune-*")]
    best = ["sagemaker:ListTrainingJobsForHyperParameterTuningJob"]
    return [
        *_of_kind("HyperParameterTuningJob", jobs, limits, placement),
        Statement("BestTrainingJob", best, jobs, because=Because.GENERATED_NAMES),
    ]


def _transform(account: Account, limits: Sequence[JobLimits], placement: Placement) -> list[Statement]:
    """A model of the pipeline's own, isolated and in the VPC, and jobs with such a model only."""
    if not limits:
        return []
    names = Because.GENERATED_NAMES
    models = [account.arn("sagemaker", "model/pipelines-*")]
    jobs = [account.arn("sagemaker", "transform-job/pipelines-*")]
    made: Conditions = {"StringEquals": {"sagemaker:TaggingAction": ["CreateModel", "CreateTransformJob"]}}
    create = ["sagemaker:CreateTransformJob"]
    return [
        Statement("CreateModel", ["sagemaker:CreateModel"], models, placement.isolated(), because=names),
        Statement("FollowModel", ["sagemaker:DescribeModel"], models, because=names),
        *(
            Statement(f"CreateTransformJob{n}", create, jobs, each.transform_conditions(models), because=names)
            for n, each in enumerate(limits)
        ),
        Statement(
            "FollowTransformJob", ["sagemaker:DescribeTransformJob", "sagemaker:StopTransformJob"], jobs, because=names
        ),
        Statement("TagTransformJob", ["sagemaker:AddTags"], [*models, *jobs], made, because=names),
    ]


def _of_kind(noun: str, jobs: Sequence[str], limits: Sequence[JobLimits], placement: Placement) -> list[Statement]:
    """Jobs within the limits, followed, and tagged when they are made."""
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
    """Whatever starts the pipeline."""
    return [
        Statement(
            "Start", ["sagemaker:StartPipelineExecution"], [account.arn("sagemaker", f"pipeline/{pipeline_name}")]
        )
    ]


def scheduler(account: Account, pipeline_name: str, *, dead_letters: str, key: str) -> list[Statement]:
    """EventBridge Scheduler acts as its role in all it does: `key` encrypts the schedule and the queue."""
    return [
        *starter(account, pipeline_name),
        Statement("DeadLetters", ["sqs:SendMessage"], [dead_letters]),
        Statement("Key", ["kms:Decrypt", "kms:GenerateDataKey"], [key]),
    ]
