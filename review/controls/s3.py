"""Buckets and their policies. Source: Security Hub, S3 controls."""

from __future__ import annotations

from collections.abc import Iterator

from review.controls.estate import Estate, Statement, statements
from review.controls.findings import Finding, as_list, at, exists, expect, expect_that, state
from review.controls.properties import demand
from review.controls.registry import control
from review.controls.trail import records
from review.iam.template import Resource

BUCKET = "S3::Bucket"
BLOCKED = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
# The actions that Security Hub's S3.6 refuses to other accounts.
RISKY = {
    "s3:deletebucketpolicy",
    "s3:putbucketacl",
    "s3:putbucketpolicy",
    "s3:putencryptionconfiguration",
    "s3:putobjectacl",
}

demand("S3.7", BUCKET, "ReplicationConfiguration.Rules")
demand("S3.9", BUCKET, "LoggingConfiguration.DestinationBucketName")
demand("S3.11", BUCKET, "NotificationConfiguration")
demand("S3.12", BUCKET, "OwnershipControls.Rules.0.ObjectOwnership", "BucketOwnerEnforced")
demand("S3.14", BUCKET, "VersioningConfiguration.Status", "Enabled")
demand("S3.15", BUCKET, "ObjectLockEnabled", True)


@control("S3.1")
def account_blocks_public_access(estate: Estate) -> Iterator[Finding]:
    """CloudFormation has no type for the account's setting."""
    yield from exists([], "CloudFormation type for the account's public access block")


@control("S3.2", "S3.3")
def not_public(estate: Estate) -> Iterator[Finding]:
    for bucket in estate.of(BUCKET):
        yield expect(bucket, "PublicAccessBlockConfiguration.RestrictPublicBuckets", True)
        yield expect(bucket, "PublicAccessBlockConfiguration.IgnorePublicAcls", True)
        anyone = [s for s in policy(estate, bucket) if s.allows and ("AWS", "*") in s.principals]
        open_to_all = [s for s in anyone if not s.condition_keys]
        yield state(bucket, not open_to_all, f"{len(open_to_all)} statements allow anyone")


@control("S3.5")
def tls_only(estate: Estate) -> Iterator[Finding]:
    for bucket in estate.of(BUCKET):
        denied = [s for s in policy(estate, bucket) if _denies_plain_http(s, bucket)]
        yield state(bucket, bool(denied), "bucket policy denies aws:SecureTransport=false" + ("" if denied else ": no"))


@control("S3.6")
def nothing_risky_for_other_accounts(estate: Estate) -> Iterator[Finding]:
    account = estate.platform.account
    for bucket in estate.of(BUCKET):
        allowed = [s for s in policy(estate, bucket) if s.allows and RISKY & {a.lower() for a in s.actions}]
        foreign = [s for s in allowed if any(kind == "AWS" and account not in value for kind, value in s.principals)]
        yield state(bucket, not foreign, f"{len(foreign)} statements let other accounts change policy or ACLs")


@control("S3.8")
def public_access_blocked(estate: Estate) -> Iterator[Finding]:
    for bucket in estate.of(BUCKET):
        yield from (expect(bucket, f"PublicAccessBlockConfiguration.{name}", True) for name in BLOCKED)


@control("S3.10", "S3.13")
def lifecycle(estate: Estate) -> Iterator[Finding]:
    for bucket in estate.of(BUCKET):
        yield expect_that(bucket, "LifecycleConfiguration.Rules", _expires, "an enabled rule that expires something")


@control("S3.17")
def encrypted_with_a_customer_key(estate: Estate) -> Iterator[Finding]:
    rule = "BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault"
    for bucket in estate.of(BUCKET):
        yield expect(bucket, f"{rule}.SSEAlgorithm", "aws:kms", "aws:kms:dsse")


@control("S3.19")
def access_points_blocked(estate: Estate) -> Iterator[Finding]:
    for point in estate.of("S3::AccessPoint"):
        yield from (expect(point, f"PublicAccessBlockConfiguration.{name}", True) for name in BLOCKED)


@control("S3.20")
def mfa_delete(estate: Estate) -> Iterator[Finding]:
    """Only the root user can switch it on, and CloudFormation cannot."""
    yield from exists([], "CloudFormation property for MFA delete")


@control("S3.22")
def object_writes_recorded(estate: Estate) -> Iterator[Finding]:
    yield from records(estate, "AWS::S3::Object", write=True)


@control("S3.23")
def object_reads_recorded(estate: Estate) -> Iterator[Finding]:
    yield from records(estate, "AWS::S3::Object", write=False)


def policy(estate: Estate, bucket: Resource) -> list[Statement]:
    """The statements of a bucket's policy."""
    attached = [p for p in estate.of("S3::BucketPolicy") if p.properties["Bucket"] == bucket.ref]
    return [s for holder in attached for s in statements(holder, holder.properties["PolicyDocument"])]


def _denies_plain_http(statement: Statement, bucket: Resource) -> bool:
    everything = {bucket.arn, f"{bucket.arn}/*"} <= set(statement.resources)
    plain = as_list(at(statement.body, "Condition.Bool.aws:SecureTransport"))
    anyone = statement.actions == ["s3:*"] and statement.principals == [("AWS", "*")]
    alone = len(statement.condition_keys) == 1
    return not statement.allows and everything and anyone and alone and plain in (["false"], [False])


def _expires(rules: list[dict[str, object]]) -> bool:
    """A rule that only ends unfinished uploads keeps every object for ever."""
    ending = ("ExpirationInDays", "NoncurrentVersionExpiration", "Transitions", "NoncurrentVersionTransitions")
    return any(rule["Status"] == "Enabled" and any(name in rule for name in ending) for rule in rules)
