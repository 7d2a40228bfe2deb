"""Conditions that several principals' statements share."""

from __future__ import annotations

from stacks.permissions.statement import Conditions

# On its own in a statement: the key exists for grants only, and another action beside it would never be allowed.
FOR_SERVICES: Conditions = {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def tagged(key: str, prefix: str, environment: str) -> Conditions:
    """`key` is `aws:ResourceTag` or `aws:RequestTag`: the two tags that every stack of the environment gives."""
    return {"StringEquals": {f"{key}/platform": prefix, f"{key}/environment": environment}}
