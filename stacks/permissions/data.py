"""Who brings data in, looks at it, and may take it away.

An uploader that can only add, an analyst of captured requests, a custodian that can only delete.
"""

from __future__ import annotations

from collections.abc import Sequence

from stacks.permissions.jobs import owned_by
from stacks.permissions.statement import Because, Statement
from stacks.values.account import Account
from stacks.values.store import Store

RAW = "raw/"


def uploader(account: Account, raw: Store) -> list[Statement]:
    """Adds objects below raw/; it can neither read what is there nor delete it."""
    write = ["s3:PutObject", "s3:AbortMultipartUpload"]
    # A multipart upload decrypts its own parts with the key when it completes.
    encrypt = ["kms:GenerateDataKey", "kms:Decrypt"]
    through_s3 = {"StringEquals": {"kms:ViaService": f"s3.{account.region}.amazonaws.com"}}
    return [
        Statement("WriteRaw", write, [f"{raw.arn}/{RAW}*"], owned_by(account), because=Because.OBJECT_KEYS),
        Statement("Key", encrypt, [raw.key], through_s3),
    ]


def analyst(account: Account, data: Store, endpoints: Sequence[str]) -> list[Statement]:
    """Reads what `endpoints` (names) captured and what is known to be right of it, and adds to the latter."""
    captured, right = ([f"{prefix}/{name}/*" for name in endpoints] for prefix in ("capture", "ground-truth"))
    own = owned_by(account)
    read, write = ([f"{data.arn}/{path}" for path in paths] for paths in ([*captured, *right], right))
    through_s3 = {"StringEquals": {"kms:ViaService": f"s3.{account.region}.amazonaws.com"}}
    return [
        Statement("Read", ["s3:GetObject"], read, own, because=Because.OBJECT_KEYS),
        Statement("List", ["s3:ListBucket"], [data.arn], {**own, "StringLike": {"s3:prefix": [*captured, *right]}}),
        Statement("Label", ["s3:PutObject"], write, own, because=Because.OBJECT_KEYS),
        Statement("Key", ["kms:Decrypt", "kms:GenerateDataKey"], [data.key], through_s3),
    ]


def custodian(account: Account, buckets: Sequence[str]) -> list[Statement]:
    """Empties `buckets` (ARNs) before they are destroyed, and can look into none of what it deletes."""
    versions, own = [f"{bucket}/*" for bucket in buckets], owned_by(account)
    return [
        Statement("List", ["s3:ListBucketVersions"], buckets, own),
        Statement("Delete", ["s3:DeleteObjectVersion"], versions, own, because=Because.OBJECT_KEYS),
    ]
