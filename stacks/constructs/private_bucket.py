"""A bucket that nobody outside the account can reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.constructs import bucket_settings as settings
from stacks.constructs.accepted import NOT_LOCKED, ONE_REGION, TAKES_ACCESS_LOGS, Accepted
from stacks.constructs.acknowledgement import acknowledge
from stacks.permissions.perimeter import BucketStatement, of_every_bucket
from stacks.permissions.statement import VERSION
from stacks.values.account import Account


class PrivateBucket(Construct):
    """Versioned, without ACLs, TLS only, public access blocked, encrypted, its accesses logged.

    `key` is a KMS key's ARN. The bucket that takes the access logs passes None for `key` (S3 delivers them to a bucket
    with its own encryption) and for `access_logs` (a bucket that logs itself never ends).
    `expire`: prefix -> days after which objects below it are deleted. `lock_days`: a version cannot be deleted before.
    `statements`: what the bucket's policy says beside what all buckets' say; the policy stays as long as the bucket.
    `bucket_key`: fewer calls to KMS, whose encryption context is then the bucket and no longer the object.
    `accepted`: what the security review finds at this bucket and not at every one.
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
        bucket_key: bool = True,
        events: bool = False,
        accepted: Sequence[Accepted] = (),
    ) -> None:
        super().__init__(scope, id)
        bucket = s3.CfnBucket
        # No name: CloudFormation may have to replace the bucket, and bucket names are global.
        self.bucket = bucket(
            self,
            "Bucket",
            bucket_encryption=settings.encryption(key, bucket_key=bucket_key),
            public_access_block_configuration=bucket.PublicAccessBlockConfigurationProperty(
                block_public_acls=True, block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True
            ),
            ownership_controls=bucket.OwnershipControlsProperty(
                rules=[bucket.OwnershipControlsRuleProperty(object_ownership="BucketOwnerEnforced")]
            ),
            versioning_configuration=bucket.VersioningConfigurationProperty(status="Enabled"),
            lifecycle_configuration=settings.lifecycle(noncurrent_days, expire or {}),
            logging_configuration=bucket.LoggingConfigurationProperty(
                destination_bucket_name=access_logs, log_file_prefix=f"{id.lower()}/"
            )
            if access_logs
            else None,
            notification_configuration=settings.to_event_bridge() if events else None,
            object_lock_enabled=True if lock_days else None,
            object_lock_configuration=settings.lock(lock_days) if lock_days else None,
        )
        unlocked = () if lock_days else (NOT_LOCKED if access_logs else TAKES_ACCESS_LOGS,)
        acknowledge(self.bucket, ONE_REGION, *unlocked, *accepted)
        self.name = self.bucket.ref
        self.arn = account.bucket(self.name)
        documents = [each.document(self.arn) for each in (*of_every_bucket(account), *statements)]
        self.policy = s3.CfnBucketPolicy(
            self, "Policy", bucket=self.name, policy_document={"Version": VERSION, "Statement": documents}
        )
        for resource in (self.bucket, self.policy):
            resource.apply_removal_policy(cdk.RemovalPolicy.RETAIN if retain else cdk.RemovalPolicy.DESTROY)
