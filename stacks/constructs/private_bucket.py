"""A bucket that nobody outside the account can reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.permissions.perimeter import BucketStatement, of_every_bucket
from stacks.permissions.statement import VERSION
from stacks.values.account import Account

ABORT_UPLOADS_DAYS = 7


class PrivateBucket(Construct):
    """Versioned, without ACLs, TLS only, public access blocked, encrypted, its accesses logged.

    `key` is a KMS key's ARN. The bucket that takes the access logs passes None for `key` (S3 delivers them to a bucket
    with its own encryption) and for `access_logs` (a bucket that logs itself never ends).
    `expire`: prefix -> days after which objects below it are deleted. `lock_days`: a version cannot be deleted before.
    `statements`: what the bucket's policy says beside what all buckets' say; the policy stays as long as the bucket.
    What writes to the bucket when it is created must depend on `policy`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        account: Account,
        key: str | None,
        access_logs: str | None,
        noncurrent_days: int,
        retain: bool,
        statements: Sequence[BucketStatement] = (),
        expire: Mapping[str, int] | None = None,
        lock_days: int | None = None,
        events: bool = False,
    ) -> None:
        super().__init__(scope, id)
        bucket = s3.CfnBucket
        # No name: CloudFormation may have to replace the bucket, and bucket names are global.
        self.bucket = bucket(
            self,
            "Bucket",
            bucket_encryption=_encryption(key),
            public_access_block_configuration=bucket.PublicAccessBlockConfigurationProperty(
                block_public_acls=True, block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True
            ),
            ownership_controls=bucket.OwnershipControlsProperty(
                rules=[bucket.OwnershipControlsRuleProperty(object_ownership="BucketOwnerEnforced")]
            ),
            versioning_configuration=bucket.VersioningConfigurationProperty(status="Enabled"),
            lifecycle_configuration=_lifecycle(noncurrent_days, expire or {}),
            logging_configuration=bucket.LoggingConfigurationProperty(
                destination_bucket_name=access_logs, log_file_prefix=f"{id.lower()}/"
            )
            if access_logs
            else None,
            notification_configuration=_to_event_bridge() if events else None,
            object_lock_enabled=True if lock_days else None,
            object_lock_configuration=_lock(lock_days) if lock_days else None,
        )
        self.name = self.bucket.ref
        self.arn = account.bucket(self.name)
        documents = [each.document(self.arn) for each in (*of_every_bucket(account), *statements)]
        self.policy = s3.CfnBucketPolicy(
            self, "Policy", bucket=self.name, policy_document={"Version": VERSION, "Statement": documents}
        )
        for resource in (self.bucket, self.policy):
            resource.apply_removal_policy(cdk.RemovalPolicy.RETAIN if retain else cdk.RemovalPolicy.DESTROY)


def _encryption(key: str | None) -> s3.CfnBucket.BucketEncryptionProperty:
    by_default = s3.CfnBucket.ServerSideEncryptionByDefaultProperty(
        sse_algorithm="aws:kms" if key else "AES256", kms_master_key_id=key
    )
    rule = s3.CfnBucket.ServerSideEncryptionRuleProperty(
        bucket_key_enabled=True if key else None, server_side_encryption_by_default=by_default
    )
    return s3.CfnBucket.BucketEncryptionProperty(server_side_encryption_configuration=[rule])


def _lifecycle(noncurrent_days: int, expire: Mapping[str, int]) -> s3.CfnBucket.LifecycleConfigurationProperty:
    rule = s3.CfnBucket.RuleProperty
    replaced = s3.CfnBucket.NoncurrentVersionExpirationProperty(noncurrent_days=noncurrent_days)
    unfinished = s3.CfnBucket.AbortIncompleteMultipartUploadProperty(days_after_initiation=ABORT_UPLOADS_DAYS)
    return s3.CfnBucket.LifecycleConfigurationProperty(
        rules=[
            rule(
                id="Leftovers",
                status="Enabled",
                noncurrent_version_expiration=replaced,
                abort_incomplete_multipart_upload=unfinished,
                expired_object_delete_marker=True,
            ),
            *(
                rule(id=f"Expire {prefix}".strip(), status="Enabled", prefix=prefix, expiration_in_days=days)
                for prefix, days in expire.items()
            ),
        ]
    )


def _lock(days: int) -> s3.CfnBucket.ObjectLockConfigurationProperty:
    """GOVERNANCE: who may bypass it can still mend a mistake; nobody of the platform may."""
    retention = s3.CfnBucket.DefaultRetentionProperty(mode="GOVERNANCE", days=days)
    return s3.CfnBucket.ObjectLockConfigurationProperty(
        object_lock_enabled="Enabled", rule=s3.CfnBucket.ObjectLockRuleProperty(default_retention=retention)
    )


def _to_event_bridge() -> s3.CfnBucket.NotificationConfigurationProperty:
    """On the L1: the L2's flag adds a custom resource with a function of its own."""
    return s3.CfnBucket.NotificationConfigurationProperty(
        event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
    )
