"""Which layer decides. Rules and examples:

LOGIC: .../UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
BASICS: .../UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
CROSS: .../UserGuide/reference_policies_evaluation-logic-cross-account.html
BOUNDARY: .../UserGuide/access_policies_boundaries.html
(https://docs.aws.amazon.com/IAM/latest)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from review.iam import Kind, Policies, Policy, Principal, Request, evaluate, explicitly_denied

OWN, OTHER = "111122223333", "999999999999"
ARN = f"arn:aws:iam::{OWN}:role/r"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/r/s"
ROLE = Principal(ARN, session=SESSION)
USER = Principal(f"arn:aws:iam::{OWN}:user/ann")
FOREIGN = Principal(f"arn:aws:iam::{OTHER}:role/r")
BUCKET = "arn:aws:s3:::b"
READ = Request("s3:GetObject", f"{BUCKET}/k", ROLE, resource_account=OWN)


def rule(effect: str, action: str = "s3:GetObject", resource: str = "*", **more: Any) -> Policy:
    statement = {"Sid": effect, "Effect": effect, "Action": action, "Resource": resource, **more}
    kind = Kind.RESOURCE if {"Principal", "NotPrincipal"} & more.keys() else Kind.IDENTITY
    return Policy.parse({"Version": "2012-10-17", "Statement": statement}, source="p", kind=kind)


ALLOW, DENY, OTHERWISE = rule("Allow"), rule("Deny"), rule("Allow", "s3:PutObject")


def to(principal: Any, effect: str = "Allow", **more: Any) -> Policy:
    return rule(effect, Principal=principal, **more)


@pytest.mark.parametrize("layer", ["identity", "boundary", "scp", "endpoint", "resource"])
def should_let_an_explicit_deny_of_any_layer_win(layer: str) -> None:
    """LOGIC: an explicit deny overrides an explicit allow."""
    everything = Policies([ALLOW], [ALLOW], [to("*")], [to("*")], [ALLOW])
    assert evaluate(READ, everything).allowed
    deny = to("*", "Deny") if layer in ("endpoint", "resource") else DENY
    decision = evaluate(READ, replace(everything, **{layer: [*getattr(everything, layer), deny]}))
    assert (decision.allowed, decision.reason) == (False, f"explicit deny: {layer}: p, Deny")


@pytest.mark.parametrize("layer", ["boundary", "scp", "endpoint"])
def should_need_an_allow_in_every_limiting_layer(layer: str) -> None:
    """LOGIC: boundary, SCP and endpoint policy limit, they grant nothing."""
    other = [to("*", action="s3:PutObject")] if layer == "endpoint" else [OTHERWISE]
    assert evaluate(READ, Policies([ALLOW], **{layer: other})).reason == f"implicit deny: {layer}"
    same = [to("*")] if layer == "endpoint" else [ALLOW]
    assert evaluate(READ, Policies([ALLOW], **{layer: same})).allowed
    assert not evaluate(READ, Policies([], **{layer: same})).allowed
    assert evaluate(READ, Policies([ALLOW], **{layer: []})).reason == f"implicit deny: {layer}"


def should_deny_what_nobody_allows() -> None:
    assert evaluate(READ, Policies()).reason == "implicit deny: identity"


# (what the resource policy names, boundary, identity, allowed within the account)
SAME_ACCOUNT: list[tuple[Any, bool, bool, bool]] = [
    ({"AWS": ARN}, False, False, True),  # BASICS: either one is enough
    ({"AWS": ARN}, True, False, False),  # BOUNDARY: a role's grant is limited by the boundary
    ({"AWS": SESSION}, True, False, True),  # BOUNDARY: a session's is not
    ("*", True, False, True),
    ({"AWS": OWN}, False, False, False),  # an account's grant hands the decision to its identity policies
    ({"AWS": f"arn:aws:iam::{OWN}:root"}, False, True, True),
    ({"AWS": OTHER}, False, True, True),  # BASICS: not named, but the identity policy allows
    ({"AWS": OTHER}, True, True, False),
    ({"Service": "s3.amazonaws.com"}, False, False, False),
]


@pytest.mark.parametrize(("named", "bounded", "identity", "allowed"), SAME_ACCOUNT)
def should_unite_identity_and_resource_policy_within_an_account(
    named: Any, bounded: bool, identity: bool, allowed: bool
) -> None:
    boundary = [OTHERWISE] if bounded else None
    policies = Policies([ALLOW] if identity else [], boundary, [to(named)])
    assert evaluate(READ, policies).allowed is allowed


def should_take_the_strongest_of_several_grants() -> None:
    grants = [to({"AWS": SESSION}), to({"AWS": OWN})]
    for order in (grants, grants[::-1]):
        assert evaluate(READ, Policies([], [OTHERWISE], order)).allowed


def should_not_limit_a_grant_to_a_user_by_the_boundary() -> None:
    """BOUNDARY: "... policies that grant permissions to an IAM user are not limited by an implicit deny"."""
    request = replace(READ, principal=USER)
    assert evaluate(request, Policies([], [OTHERWISE], [to({"AWS": USER.arn})])).allowed


@pytest.mark.parametrize("named", ["*", {"AWS": OTHER}, {"AWS": FOREIGN.arn}])
def should_need_both_policies_across_accounts(named: Any) -> None:
    """CROSS: both accounts must allow."""
    request = replace(READ, principal=FOREIGN)
    assert evaluate(request, Policies([ALLOW], resource=[to(named)])).allowed
    assert evaluate(request, Policies([], resource=[to(named)])).reason == "implicit deny: identity"
    assert evaluate(request, Policies([ALLOW], resource=[to({"AWS": OWN})])).reason == "implicit deny: resource"
    assert evaluate(request, Policies([ALLOW], resource=None)).reason == "implicit deny: resource"


@pytest.mark.parametrize("action", ["kms:Decrypt", "sts:AssumeRole"])
def should_need_the_resource_policy_for_keys_and_roles(action: str) -> None:
    """KMS developer guide, "Key policies": without the key policy's permission, IAM policies have no effect."""
    request = replace(READ, action=action, resource="*")
    identity = [rule("Allow", action)]
    assert evaluate(request, Policies(identity, resource=[])).reason == "implicit deny: resource"
    delegated = [to({"AWS": f"arn:aws:iam::{OWN}:root"}, action=action)]
    assert evaluate(request, Policies(identity, resource=delegated)).allowed
    assert not evaluate(request, Policies([], resource=delegated)).allowed


def should_judge_services_by_the_resource_policy_alone() -> None:
    delivery = replace(READ, principal=Principal(service="logging.s3.amazonaws.com"))
    granted = to({"Service": "logging.s3.amazonaws.com"})
    assert evaluate(delivery, Policies([DENY], [], [granted], scp=[])).allowed
    assert not evaluate(delivery, Policies([ALLOW], resource=[to({"Service": "s3.amazonaws.com"})])).allowed
    assert not evaluate(delivery, Policies([ALLOW], resource=[granted, to("*", "Deny")])).allowed


def should_let_federated_users_in_by_their_provider() -> None:
    provider = f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com"
    request = Request("sts:AssumeRoleWithWebIdentity", ARN, Principal(federated=provider))
    trust = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": provider}}
    policy = Policy.parse({"Statement": trust}, source="trust", kind=Kind.TRUST)
    assert evaluate(request, Policies(resource=[policy])).allowed
    assert not evaluate(replace(request, principal=Principal(federated="other")), Policies(resource=[policy])).allowed


def should_give_the_root_user_everything_that_is_not_denied() -> None:
    root = replace(READ, principal=Principal(f"arn:aws:iam::{OWN}:root"))
    assert evaluate(root, Policies()).allowed
    assert not evaluate(root, Policies(resource=[to("*", "Deny")])).allowed
    assert not evaluate(root, Policies(scp=[OTHERWISE])).allowed


@pytest.mark.parametrize(
    ("named", "denied"),
    [
        ([OWN, ARN, SESSION], False),
        ([OWN, ARN], True),  # the session must be named as well
        ([ARN, SESSION], True),  # and the account
        ([OTHER], True),
    ],
)
def should_leave_out_by_not_principal_only_who_is_named_completely(named: list[str], denied: bool) -> None:
    """.../UserGuide/reference_policies_elements_notprincipal.html"""
    deny = rule("Deny", NotPrincipal={"AWS": named})
    assert evaluate(READ, Policies([ALLOW], resource=[deny])).allowed is not denied


def should_deny_by_not_principal_whoever_has_a_boundary() -> None:
    """BOUNDARY: it "will always deny any IAM principal that has a permissions boundary policy attached"."""
    deny = rule("Deny", NotPrincipal={"AWS": [OWN, ARN, SESSION]})
    assert not evaluate(READ, Policies([ALLOW], [ALLOW], [deny])).allowed


def should_tell_an_explicit_deny_from_a_missing_allow() -> None:
    assert explicitly_denied(DENY, READ)
    assert not explicitly_denied(OTHERWISE, READ)
