"""S3 buckets: encryption, lifecycle, ownership, access logging and tags, which MiniStack's provisioner drops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local import hooks
from local.cloudformation.gaps.after import Properties, after, is_true, only

_LIFECYCLE_RULE = frozenset(
    {
        "AbortIncompleteMultipartUpload",
        "ExpirationInDays",
        "ExpiredObjectDeleteMarker",
        "Id",
        "NoncurrentVersionExpiration",
        "Prefix",
        "Status",
        "Transitions",
    }
)


def _encryption(bucket: str, value: Properties) -> None:
    rules = []
    for rule in value["ServerSideEncryptionConfiguration"]:
        only(rule, frozenset({"ServerSideEncryptionByDefault", "BucketKeyEnabled"}), "AWS::S3::Bucket.BucketEncryption")
        default = dict(rule["ServerSideEncryptionByDefault"])
        if default["SSEAlgorithm"] == "aws:kms":
            default.setdefault("KMSMasterKeyID", "alias/aws/s3")
        key_enabled = is_true(rule.get("BucketKeyEnabled", False))
        rules.append({"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": key_enabled})
    hooks.client("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})


def _lifecycle_rule(rule: Properties, number: int) -> dict[str, Any]:
    only(rule, _LIFECYCLE_RULE, "AWS::S3::Bucket.LifecycleConfiguration")
    converted: dict[str, Any] = {
        "ID": rule.get("Id", f"rule-{number}"),
        "Status": rule["Status"],
        "Filter": {"Prefix": rule.get("Prefix", "")},
    }
    if "ExpirationInDays" in rule:
        converted["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    if "ExpiredObjectDeleteMarker" in rule:
        converted["Expiration"] = {"ExpiredObjectDeleteMarker": is_true(rule["ExpiredObjectDeleteMarker"])}
    for name, fields in (
        ("NoncurrentVersionExpiration", ("NoncurrentDays", "NewerNoncurrentVersions")),
        ("AbortIncompleteMultipartUpload", ("DaysAfterInitiation",)),
    ):
        if name in rule:
            given = only(rule[name], frozenset(fields), f"AWS::S3::Bucket.LifecycleConfiguration.{name}")
            converted[name] = {field: int(value) for field, value in given.items()}
    if "Transitions" in rule:
        converted["Transitions"] = [_transition(transition) for transition in rule["Transitions"]]
    return converted


def _transition(given: Properties) -> dict[str, Any]:
    known = frozenset({"StorageClass", "TransitionInDays"})
    only(given, known, "AWS::S3::Bucket.LifecycleConfiguration.Transitions")
    return {"Days": int(given["TransitionInDays"]), "StorageClass": given["StorageClass"]}


def _lifecycle(bucket: str, value: Properties) -> None:
    rules = [_lifecycle_rule(rule, number) for number, rule in enumerate(value["Rules"])]
    hooks.client("s3").put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})


def _ownership(bucket: str, value: Properties) -> None:
    hooks.client("s3").put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": value["Rules"]})


def _logging(bucket: str, value: Properties) -> None:
    known = frozenset({"DestinationBucketName", "LogFilePrefix"})
    only(value, known, "AWS::S3::Bucket.LoggingConfiguration")
    enabled = {
        "TargetBucket": value.get("DestinationBucketName", bucket),
        "TargetPrefix": value.get("LogFilePrefix", ""),
    }
    hooks.client("s3").put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": enabled})


def _object_lock(bucket: str, value: Properties) -> None:
    rule = value.get("Rule", {}).get("DefaultRetention", {})
    retention = {k: int(v) if k in ("Days", "Years") else v for k, v in rule.items()}
    locked = {
        "ObjectLockEnabled": value.get("ObjectLockEnabled", "Enabled"),
        **({"Rule": {"DefaultRetention": retention}} if retention else {}),
    }
    hooks.client("s3").put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=locked)


def _tags(bucket: str, value: list[dict[str, str]]) -> None:
    hooks.client("s3").put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": value})


# Each property with what applies it and the client method that undoes it.
_PROPERTIES: dict[str, tuple[Callable[[str, Any], None], str]] = {
    "BucketEncryption": (_encryption, "delete_bucket_encryption"),
    "LifecycleConfiguration": (_lifecycle, "delete_bucket_lifecycle"),
    "LoggingConfiguration": (_logging, ""),
    "ObjectLockConfiguration": (_object_lock, ""),
    "OwnershipControls": (_ownership, "delete_bucket_ownership_controls"),
    "Tags": (_tags, "delete_bucket_tagging"),
}


def _apply(bucket: str, properties: Properties, old: Properties) -> None:
    if is_true(properties.get("ObjectLockEnabled", False)) and "ObjectLockConfiguration" not in properties:
        _object_lock(bucket, {})
    for name, (put, undo) in _PROPERTIES.items():
        if properties.get(name) and properties[name] != old.get(name):
            put(bucket, properties[name])
        elif old.get(name) and not properties.get(name):
            _undo(bucket, name, undo)


def _undo(bucket: str, name: str, undo: str) -> None:
    client = hooks.client("s3")
    if undo:
        getattr(client, undo)(Bucket=bucket)
    elif name == "LoggingConfiguration":
        client.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
    else:
        client.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})


def mend() -> None:
    """Apply the properties after each create and update of a bucket."""
    after("AWS::S3::Bucket", _apply)
