"""What a bucket's settings are in CloudFormation's words."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_s3 as s3

ABORT_UPLOADS_DAYS = 7


def encryption(key: str | None, *, bucket_key: bool) -> s3.CfnBucket.BucketEncryptionProperty:
    by_default = s3.CfnBucket.ServerSideEncryptionByDefaultProperty(
        sse_algorithm="aws:kms" if key else "AES256", kms_master_key_id=key
    )
    rule = s3.CfnBucket.ServerSideEncryptionRuleProperty(
        bucket_key_enabled=bucket_key if key else None, server_side_encryption_by_default=by_default
    )
    return s3.CfnBucket.BucketEncryptionProperty(server_side_encryption_configuration=[rule])


def lifecycle(noncurrent_days: int, expire: Mapping[str, int]) -> s3.CfnBucket.LifecycleConfigurationProperty:
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


def lock(days: int) -> s3.CfnBucket.ObjectLockConfigurationProperty:
    """GOVERNANCE: who may bypass it can still mend a mistake; nobody of the platform may."""
    retention = s3.CfnBucket.DefaultRetentionProperty(mode="GOVERNANCE", days=days)
    return s3.CfnBucket.ObjectLockConfigurationProperty(
        object_lock_enabled="Enabled", rule=s3.CfnBucket.ObjectLockRuleProperty(default_retention=retention)
    )


def to_event_bridge() -> s3.CfnBucket.NotificationConfigurationProperty:
    """On the L1: the L2's flag adds a custom resource with a function of its own."""
    return s3.CfnBucket.NotificationConfigurationProperty(
        event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
    )
