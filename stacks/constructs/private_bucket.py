"""A bucket that nobody outside the account can reach, encrypted with a customer key."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct


class PrivateBucket(Construct):
    """Versioned, TLS only, public access blocked. With `events`, object events go to EventBridge."""

    def __init__(self, scope: Construct, id: str, *, key: kms.IKey, retain: bool, events: bool = False) -> None:
        super().__init__(scope, id)
        # No name: CloudFormation may have to replace the bucket, and bucket names are global.
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            versioned=True,
            removal_policy=cdk.RemovalPolicy.RETAIN if retain else cdk.RemovalPolicy.DESTROY,
        )
        if events:
            # On the L1: the L2's flag adds a custom resource with a function of its own.
            resource = self.bucket.node.default_child
            assert isinstance(resource, s3.CfnBucket)  # noqa: S101 - narrows the type
            resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
                event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
            )
