"""Which principal of a resource policy is meant, and what an Allow to it is worth.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

from __future__ import annotations

import re
from enum import IntEnum

from review.iam.policy import Principals, Statement
from review.iam.request import Principal

ACCOUNT = re.compile(r"^(?:arn:[a-z-]+:iam::)?(\d{12})(?::root)?$")


class Grant(IntEnum):
    """What a resource policy's Allow gives within the account, from nothing to all.

    ACCOUNT hands the decision to the account: an identity policy must allow as well. ROLE grants to the role, within
    its boundary. DIRECT grants to the session, user, service or to everyone: no boundary limits it.
    """

    NONE = 0
    ACCOUNT = 1
    ROLE = 2
    DIRECT = 3


def grant(principals: Principals, principal: Principal) -> Grant:
    """The strongest grant that a Principal element gives to this principal."""
    grants = [_grant(kind, name, principal) for kind, names in principals.items() for name in names]
    return max(grants, default=Grant.NONE)


def concerns(statement: Statement, principal: Principal, *, bounded: bool) -> bool:
    """The statement is about this principal. `bounded`: it has a permissions boundary.

    NotPrincipal leaves out a session only if account, role and session are all named, and "will always deny any IAM
    principal that has a permissions boundary attached".
    """
    if statement.principals is not None:
        return grant(statement.principals, principal) > Grant.NONE
    if statement.not_principals is None:
        return True
    return bounded or not _left_out(statement.not_principals, principal)


def _grant(kind: str, name: str, principal: Principal) -> Grant:
    if kind == "Service":
        return Grant.DIRECT if principal.service and name == principal.service else Grant.NONE
    if kind == "Federated":
        return Grant.DIRECT if principal.federated and name == principal.federated else Grant.NONE
    if kind != "AWS":
        return Grant.NONE
    if name == "*" or (principal.session and name == principal.session):
        return Grant.DIRECT
    if name == principal.arn:
        return Grant.DIRECT if principal.is_user or principal.is_root else Grant.ROLE
    account = ACCOUNT.match(name)
    if account and account[1] == principal.account:
        return Grant.DIRECT if principal.is_root else Grant.ACCOUNT
    return Grant.NONE


def _left_out(named: Principals, principal: Principal) -> bool:
    if principal.service:
        return principal.service in named.get("Service", ())
    if principal.federated:
        return principal.federated in named.get("Federated", ())
    names = set(named.get("AWS", ()))
    account = any((match := ACCOUNT.match(name)) and match[1] == principal.account for name in names)
    own = {principal.arn, principal.session} - {""}
    return "*" in names or (bool(principal.account) and account and own <= names)
