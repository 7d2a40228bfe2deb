"""A bucket and the key that encrypts it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Store:
    """`name` and `arn` of the bucket, `key` is the key's ARN."""

    name: str
    arn: str
    key: str


@dataclass(frozen=True)
class Stores:
    """`raw` holds what was uploaded, `data` what processing made of it, `artifacts` models and evaluations."""

    raw: Store
    data: Store
    artifacts: Store
