"""Customer keys. Source: Security Hub, KMS controls.

A key without a known ARN, such as one that a stack will make, is named by its alias or by a tag.
"""

from __future__ import annotations

from collections.abc import Iterator

from review.controls.estate import Estate, Statement, statements
from review.controls.findings import Finding, state
from review.controls.properties import demand
from review.controls.registry import control

DECRYPTING = {"kms:decrypt", "kms:reencryptfrom", "kms:reencrypt*", "kms:*", "*"}

demand("KMS.4", "KMS::Key", "EnableKeyRotation", True)


@control("KMS.1")
def managed_policies_name_keys(estate: Estate) -> Iterator[Finding]:
    yield from _named_keys(s for s in estate.identity_statements if s.holder.type == "AWS::IAM::ManagedPolicy")


@control("KMS.2")
def inline_policies_name_keys(estate: Estate) -> Iterator[Finding]:
    yield from _named_keys(s for s in estate.identity_statements if s.holder.type != "AWS::IAM::ManagedPolicy")


@control("KMS.3")
def keys_outlive_their_stack(estate: Estate) -> Iterator[Finding]:
    for key in estate.of("KMS::Key"):
        retained = key.deletion_policy in ("Retain", "RetainExceptOnCreate")
        yield state(key, retained, f"DeletionPolicy={key.deletion_policy}")


@control("KMS.5")
def keys_not_public(estate: Estate) -> Iterator[Finding]:
    for key in estate.of("KMS::Key"):
        for statement in statements(key, key.properties["KeyPolicy"]):
            if statement.allows and ("AWS", "*") in statement.principals:
                own = {"kms:calleraccount", "aws:principalaccount"} & statement.condition_keys
                yield state(key, bool(own), f"{statement} lets in anyone" + (" of this account" if own else ""))
            elif statement.allows:
                yield state(key, True, f"{statement} names its principals")


def _named_keys(granted: Iterator[Statement]) -> Iterator[Finding]:
    for statement in granted:
        if statement.allows and DECRYPTING & {action.lower() for action in statement.actions}:
            wide = [r for r in statement.resources if r == "*" or r.endswith((":key/*", ":alias/*"))]
            keys = statement.condition_keys
            marked = "kms:resourcealiases" in keys or any(key.startswith("aws:resourcetag/") for key in keys)
            with_what = "keys of an alias or a tag" if marked else wide or "named keys only"
            yield state(statement.holder, not wide or marked, f"{statement} decrypts with {with_what}")
