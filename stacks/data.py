"""The buckets, and the one role that may bring data in."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.constructs.private_bucket import PrivateBucket
from stacks.constructs.scoped_role import ScopedRole


class Data(cdk.Stack):
    """`data` holds raw/ and processed/; `artifacts` holds models/ and evaluations/."""

    def __init__(
        self, scope: Construct, id: str, *, data_key: kms.IKey, artifacts_key: kms.IKey, retain: bool, **stack: Any
    ) -> None:
        super().__init__(scope, id, **stack)
        self.data = PrivateBucket(self, "Data", key=data_key, retain=retain, events=True).bucket
        self.artifacts = PrivateBucket(self, "Artifacts", key=artifacts_key, retain=retain).bucket
        self.uploader = self._uploader(data_key)
        cdk.CfnOutput(self, "DataBucket", value=self.data.bucket_name)
        cdk.CfnOutput(self, "ArtifactsBucket", value=self.artifacts.bucket_name)
        cdk.CfnOutput(self, "UploaderRole", value=self.uploader.role_arn)

    def _uploader(self, key: kms.IKey) -> iam.Role:
        """People and laptops that bring raw data assume it; it can add data but neither read nor delete it."""
        principal = iam.AccountPrincipal(self.account)
        uploader = ScopedRole(self, "Uploader", principal=principal, description="Uploads raw data")
        write = ["s3:PutObject", "s3:AbortMultipartUpload"]
        uploader.allow("WriteRaw", write, [self.data.arn_for_objects("raw/*")])
        # A multipart upload decrypts its own parts with the key when it completes.
        uploader.allow("Key", ["kms:GenerateDataKey", "kms:Decrypt"], [key.key_arn])
        return uploader.role
