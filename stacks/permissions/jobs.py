"""SageMaker jobs of one model: each kind reads what its job reads, and no more."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stacks.permissions.conditions import FOR_SERVICES
from stacks.permissions.statement import Because, Conditions, Statement
from stacks.values.account import Account
from stacks.values.asset_file import AssetFile
from stacks.values.image_repository import ImageRepository
from stacks.values.store import Store, Stores

PROCESSING_LOGS = "/aws/sagemaker/ProcessingJobs"
TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"
TRANSFORM_LOGS = "/aws/sagemaker/TransformJobs"


def processing(
    account: Account, stores: Stores, model: str, images: Sequence[ImageRepository], code: AssetFile
) -> list[Statement]:
    """Validates and splits the raw data."""
    return [
        *running(account, images),
        *job_logs(account, PROCESSING_LOGS),
        *read_file(account, code),
        *read(account, stores.raw, f"raw/{model}/"),
        *write(account, stores.data, f"processed/{model}/"),
        *use_keys(stores.raw, stores.data),
    ]


def training(
    account: Account, stores: Stores, model: str, images: Sequence[ImageRepository], code: AssetFile
) -> list[Statement]:
    """Fits one candidate."""
    return [
        *running(account, images),
        *job_logs(account, TRAINING_LOGS),
        *read_file(account, code),
        *read(account, stores.data, f"processed/{model}/"),
        *write(account, stores.artifacts, f"models/{model}/"),
        *use_keys(stores.data, stores.artifacts),
    ]


def checkpoints(account: Account, stores: Stores, model: str) -> list[Statement]:
    """A training job that goes on where one before it was ended."""
    prefix = f"checkpoints/{model}/"
    return [*read(account, stores.artifacts, prefix), *write(account, stores.artifacts, prefix)]


def earlier_models(account: Account, stores: Stores, model: str) -> list[Statement]:
    """A training job that starts from the model that is served."""
    return read(account, stores.artifacts, f"models/{model}/")


def debugging(account: Account, stores: Stores, model: str) -> list[Statement]:
    """Debugger and Profiler write what they saw."""
    return write(account, stores.artifacts, f"debug/{model}/")


def evaluation(
    account: Account, stores: Stores, model: str, images: Sequence[ImageRepository], code: AssetFile
) -> list[Statement]:
    """Measures every candidate on the test split."""
    return [
        *running(account, images),
        *job_logs(account, PROCESSING_LOGS),
        *read_file(account, code),
        *read(account, stores.data, f"processed/{model}/"),
        *read(account, stores.artifacts, f"models/{model}/"),
        *write(account, stores.artifacts, f"evaluations/{model}/"),
        *use_keys(stores.data, stores.artifacts),
    ]


def scan(
    account: Account, stores: Stores, model: str, images: Sequence[ImageRepository], code: AssetFile
) -> list[Statement]:
    """Looks inside artifacts before anything runs or registers them. `code`: the platform's, not the model's."""
    return [
        *running(account, images),
        *job_logs(account, PROCESSING_LOGS),
        *read_file(account, code),
        *read(account, stores.artifacts, f"models/{model}/"),
        *write(account, stores.artifacts, f"scans/{model}/"),
        *use_keys(stores.data, stores.artifacts),
    ]


def transform(account: Account, stores: Stores, model: str, images: Sequence[ImageRepository]) -> list[Statement]:
    """A model that predicts whole files. Its code is in its archive, and isolated: it gets no credentials."""
    return [
        *running(account, images),
        *job_logs(account, TRANSFORM_LOGS),
        *read(account, stores.artifacts, f"models/{model}/"),
        *read(account, stores.raw, f"raw/{model}/transform/"),
        *write(account, stores.data, f"predictions/{model}/"),
        *use_keys(stores.raw, stores.data, stores.artifacts),
    ]


def experiment(
    account: Account, stores: Stores, model: str, images: Sequence[ImageRepository], code: AssetFile
) -> list[Statement]:
    """What a data scientist runs by hand, with code of his own: it can write nothing that the pipeline registers."""
    return [
        *running(account, images),
        *job_logs(account, PROCESSING_LOGS, TRAINING_LOGS),
        *read_file(account, code),
        *read(account, stores.data, f"processed/{model}/"),
        *read(account, stores.artifacts, f"experiments/{model}/"),
        *write(account, stores.artifacts, f"experiments/{model}/"),
        *use_keys(stores.data, stores.artifacts),
    ]


def running(account: Account, images: Sequence[ImageRepository]) -> list[Statement]:
    """What every container of SageMaker's needs: its image, its metrics, its place in the VPC."""
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    namespace = {"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}}
    no_resource = Because.NO_RESOURCE_LEVEL
    return [
        Statement("ImageToken", ["ecr:GetAuthorizationToken"], ["*"], because=no_resource),
        Statement("Image", pull, sorted({image.arn for image in images})),
        Statement("Metrics", ["cloudwatch:PutMetricData"], ["*"], namespace, because=no_resource),
        network_interfaces(),
    ]


def network_interfaces() -> Statement:
    """What SageMaker attaches to the VPC needs these, without a resource and without conditions (developer guide)."""
    create = ["ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission"]
    delete = ["ec2:DeleteNetworkInterface", "ec2:DeleteNetworkInterfacePermission"]
    describe = ["DhcpOptions", "NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs"]
    actions = create + delete + [f"ec2:Describe{what}" for what in describe]
    return Statement("NetworkInterfaces", actions, ["*"], because=Because.NETWORK_INTERFACES)


def job_logs(account: Account, *groups: str) -> list[Statement]:
    """SageMaker keeps one log group for all jobs of a kind, and makes it with the first of them."""
    actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    arns = [arn for group in groups for arn in account.log_group(group)]
    return [Statement("Logs", actions, arns, because=Because.VERSIONS)]


def read(account: Account, store: Store, prefix: str) -> list[Statement]:
    """Read and list the objects below `prefix` (ends in `/`)."""
    own = owned_by(account)
    below: Conditions = {**own, "StringLike": {"s3:prefix": f"{prefix}*"}}
    objects = [f"{store.arn}/{prefix}*"]
    return [
        Statement(f"Read{_word(prefix)}", ["s3:GetObject"], objects, own, because=Because.OBJECT_KEYS),
        Statement(f"List{_word(prefix)}", ["s3:ListBucket"], [store.arn], below),
    ]


def read_foreign(account: Account, buckets: Sequence[str]) -> list[Statement]:
    """Read and list `buckets`, names that the configuration gives: they may be another account's."""
    paths = [f"{account.bucket(name)}{path}" for name in buckets for path in ("", "/*")]
    if not paths:
        return []
    return [Statement("ReadForeign", ["s3:GetObject", "s3:ListBucket"], paths, because=Because.OBJECT_KEYS)]


def write(account: Account, store: Store, prefix: str) -> list[Statement]:
    """Write objects below `prefix` (ends in `/`)."""
    actions = ["s3:PutObject", "s3:AbortMultipartUpload"]
    objects = [f"{store.arn}/{prefix}*"]
    return [Statement(f"Write{_word(prefix)}", actions, objects, owned_by(account), because=Because.OBJECT_KEYS)]


def owned_by(account: Account) -> dict[str, dict[str, object]]:
    """The bucket is this account's: not one that somebody else made under a name that became free."""
    return {"StringEquals": {"aws:ResourceAccount": account.id}}


def use_keys(*stores: Store) -> list[Statement]:
    """Encrypt and decrypt with the stores' keys, and let SageMaker attach volumes encrypted with them."""
    arns = sorted({store.key for store in stores})
    return [
        Statement("Keys", ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], arns),
        Statement("VolumeKeys", ["kms:CreateGrant"], arns, FOR_SERVICES),
    ]


def read_file(account: Account, file: AssetFile) -> list[Statement]:
    """Read this one file of the CDK's asset bucket. Its key is known by the alias that `cdk bootstrap` gives it."""
    this_one: Conditions = {"StringEquals": {"s3:prefix": file.key, "aws:ResourceAccount": account.id}}
    has_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": file.key_alias}}
    keys = [account.arn("kms", "key/*")]
    return [
        Statement("Code", ["s3:GetObject"], [f"{file.bucket_arn}/{file.key}"], owned_by(account)),
        Statement("ListCode", ["s3:ListBucket"], [file.bucket_arn], this_one),
        Statement("CodeKey", ["kms:Decrypt"], keys, has_alias, because=Because.KEY_BY_ALIAS),
    ]


def _word(prefix: str) -> str:
    """`models/reviews/` -> `ModelsReviews`: statement ids allow letters and digits only."""
    return "".join(part.capitalize() for part in re.split("[/-]", prefix))
