"""Policy documents: what IAM refuses is an error that names itself.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from typing import Any

import pytest

from review.iam import Kind, Policies, Policy, PolicyError, Principal, Request, evaluate

ROLE = Principal("arn:aws:iam::111122223333:role/r")
GOOD: dict[str, Any] = {"Sid": "S", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}


def parsed(statement: Any, kind: Kind = Kind.IDENTITY) -> Policy:
    return Policy.parse({"Version": "2012-10-17", "Statement": statement}, source="stack/Policy", kind=kind)


def without(*names: str, **more: Any) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key not in names} | more


@pytest.mark.parametrize(
    ("statement", "kind", "says"),
    [
        (without("Effect"), Kind.IDENTITY, "Effect must be Allow or Deny"),
        (without(Effect="allow"), Kind.IDENTITY, "Effect must be Allow or Deny"),
        ("all", Kind.IDENTITY, "Effect must be Allow or Deny"),
        (without("Action"), Kind.IDENTITY, "exactly one of Action and NotAction, found none"),
        (without(NotAction="s3:*"), Kind.IDENTITY, "exactly one of Action and NotAction, found Action, NotAction"),
        (without(Action="GetObject"), Kind.IDENTITY, "action 'GetObject' must be"),
        (without(Action=[]), Kind.IDENTITY, "Action must be a string"),
        (without("Resource"), Kind.IDENTITY, "exactly one of Resource and NotResource, found none"),
        (without(Resource=[7]), Kind.IDENTITY, "Resource must be a string"),
        (without(Principal="*"), Kind.IDENTITY, "no Principal in a policy of this kind"),
        (without(), Kind.RESOURCE, "exactly one of Principal and NotPrincipal, found none"),
        (without(Principal={"Aws": "*"}), Kind.RESOURCE, "Principal must be"),
        (without(Principal="arn:aws:iam::111122223333:root"), Kind.RESOURCE, "Principal must be"),
        (without(NotPrincipal={"AWS": "111122223333"}), Kind.RESOURCE, "NotPrincipal with Allow"),
        (without(Principal={"Service": "x.amazonaws.com"}), Kind.TRUST, "no Resource in a policy of this kind"),
        (without(Conditions={}), Kind.IDENTITY, r"unknown elements \['Conditions'\]"),
    ],
)
def should_name_what_is_malformed(statement: Any, kind: Kind, says: str) -> None:
    with pytest.raises(PolicyError, match=f"^stack/Policy, (S|statement 0): .*{says}"):
        parsed(statement, kind)


@pytest.mark.parametrize(
    "document",
    [{"Version": "2012-10-18", "Statement": [GOOD]}, {"Version": "2012-10-17"}, {"Statement": [GOOD], "Name": "x"}],
)
def should_name_a_malformed_document(document: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match=r"^stack/Policy: "):
        Policy.parse(document, source="stack/Policy")


def should_refuse_a_principal_that_is_no_arn() -> None:
    with pytest.raises(PolicyError, match="'role/r'"):
        Principal("role/r")


def may(action: str, resource: str, **statement: Any) -> bool:
    body = {"Effect": "Allow", **statement}
    return evaluate(Request(action, resource, ROLE), Policies(identity=[parsed(body)])).allowed


@pytest.mark.parametrize(
    ("action", "pattern", "matches"),
    [
        ("s3:GetObject", "S3:getobject", True),
        ("s3:GetObject", "s3:Get*", True),
        ("s3:GetObject", "s3:GetObjec?", True),
        ("s3:GetObject", "s3:Get", False),
        ("s3:GetObject", "*", True),
        ("s3-outposts:GetObject", "s3:*", False),
    ],
)
def should_compare_actions_without_case_and_with_wildcards(action: str, pattern: str, matches: bool) -> None:
    assert may(action, "arn:aws:s3:::b/k", Action=pattern, Resource="*") is matches
    assert may(action, "arn:aws:s3:::b/k", NotAction=pattern, Resource="*") is not matches


@pytest.mark.parametrize(
    ("resource", "pattern", "matches"),
    [
        ("arn:aws:s3:::b/raw/x", "arn:aws:s3:::b/raw/*", True),
        ("arn:aws:s3:::b/Raw/x", "arn:aws:s3:::b/raw/*", False),
        ("arn:aws:s3:::b", "arn:aws:s3:::b/*", False),
        ("arn:aws:s3:::bb", "arn:aws:s3:::b", False),
        ("arn:aws:s3:::b/${x}", "arn:aws:s3:::b/*", True),
    ],
)
def should_compare_resources_with_case_and_wildcards(resource: str, pattern: str, matches: bool) -> None:
    assert may("s3:GetObject", resource, Action="s3:*", Resource=pattern) is matches
    assert may("s3:GetObject", resource, Action="s3:*", NotResource=pattern) is not matches


def should_fill_variables_into_resources() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html"""
    policies = Policies(identity=[parsed(without(Resource="arn:aws:s3:::b/${aws:PrincipalTag/project}/*"))])
    tagged = {"aws:PrincipalTag/project": "reviews"}
    assert evaluate(Request("s3:GetObject", "arn:aws:s3:::b/reviews/x", ROLE, tagged), policies).allowed
    assert not evaluate(Request("s3:GetObject", "arn:aws:s3:::b/other/x", ROLE, tagged), policies).allowed
    assert not evaluate(Request("s3:GetObject", "arn:aws:s3:::b//x", ROLE), policies).allowed
