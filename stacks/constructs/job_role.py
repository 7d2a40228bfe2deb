"""The role a SageMaker job or model runs under: nothing but what it is given by name."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from stacks.constructs.image_repository import ImageRepository
from stacks.constructs.scoped_role import ScopedRole


class JobRole(ScopedRole):
    """A role for SageMaker of this account. It may always pull its images, write its logs and attach to the VPC."""

    def __init__(
        self, scope: Construct, id: str, *, description: str, images: list[ImageRepository], logs: str
    ) -> None:
        super().__init__(scope, id, principal=_sagemaker(cdk.Stack.of(scope)), description=description)
        self.allow("ImageToken", ["ecr:GetAuthorizationToken"], ["*"])
        pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        self.allow("Image", pull, sorted({image.arn for image in images}))
        write_logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        self.allow("Logs", write_logs, self.log_group_arns(logs))
        namespace = {"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}}
        self.allow("Metrics", ["cloudwatch:PutMetricData"], ["*"], namespace)
        self.allow_network_interfaces()

    def may_read(self, bucket: s3.IBucket, prefix: str) -> None:
        """Read and list the objects below `prefix` (ends in `/`)."""
        self.allow(f"Read{_word(prefix)}", ["s3:GetObject"], [bucket.arn_for_objects(f"{prefix}*")])
        below = {"StringLike": {"s3:prefix": f"{prefix}*"}}
        self.allow(f"List{_word(prefix)}", ["s3:ListBucket"], [bucket.bucket_arn], below)

    def may_write(self, bucket: s3.IBucket, prefix: str) -> None:
        """Write objects below `prefix` (ends in `/`)."""
        actions = ["s3:PutObject", "s3:AbortMultipartUpload"]
        self.allow(f"Write{_word(prefix)}", actions, [bucket.arn_for_objects(f"{prefix}*")])

    def may_use(self, *keys: kms.IKey) -> None:
        """Encrypt and decrypt with `keys`, and let SageMaker attach volumes encrypted with them."""
        arns = [key.key_arn for key in keys]
        self.allow("Keys", ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], arns)
        self.allow("VolumeKeys", ["kms:CreateGrant"], arns, {"Bool": {"kms:GrantIsForAWSResource": "true"}})

    def may_read_asset(self, asset: assets.Asset) -> None:
        """Read this one file of the CDK's asset bucket. Its key is known by the alias that `cdk bootstrap` gives it."""
        bucket = f"arn:{self.stack.partition}:s3:::{asset.s3_bucket_name}"
        self.allow("Code", ["s3:GetObject"], [f"{bucket}/{asset.s3_object_key}"])
        self.allow("ListCode", ["s3:ListBucket"], [bucket], {"StringEquals": {"s3:prefix": asset.s3_object_key}})
        alias = f"alias/cdk-{cdk.DefaultStackSynthesizer.DEFAULT_QUALIFIER}-assets-key"
        has_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}}
        self.allow("CodeKey", ["kms:Decrypt"], [self.arn("kms", "key", "*")], has_alias)


def _word(prefix: str) -> str:
    """`models/reviews/` -> `ModelsReviews`: statement ids allow letters and digits only."""
    return "".join(part.capitalize() for part in prefix.split("/"))


def _sagemaker(stack: cdk.Stack) -> iam.IPrincipal:
    """SageMaker, acting for this account's own resources only (confused deputy)."""
    conditions = {
        "StringEquals": {"aws:SourceAccount": stack.account},
        "ArnLike": {"aws:SourceArn": f"arn:{stack.partition}:sagemaker:{stack.region}:{stack.account}:*"},
    }
    return iam.ServicePrincipal("sagemaker.amazonaws.com", conditions=conditions)
