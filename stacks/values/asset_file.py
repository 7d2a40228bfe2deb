"""One file in the CDK's asset bucket."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AssetFile:
    """`key` is the object's key; `key_alias` the alias of the customer key that `cdk bootstrap` made for the bucket."""

    bucket_arn: str
    key: str
    key_alias: str
