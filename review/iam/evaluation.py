"""The decision: explicit denies of every layer first, then who must allow.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from review.iam.policy import Policy, Statement
from review.iam.principals import Grant, concerns, grant
from review.iam.request import Request


@dataclass(frozen=True)
class Policies:
    """What applies to one request. None: there is no such layer; an empty one allows nothing.

    `resource`: the policy of the bucket, key, queue or (for sts:AssumeRole) the trust policy. `endpoint`: of the VPC
    endpoint that the request came through. `scp`: of the organisation, one level.
    """

    identity: Sequence[Policy] = ()
    boundary: Sequence[Policy] | None = None
    resource: Sequence[Policy] | None = None
    endpoint: Sequence[Policy] | None = None
    scp: Sequence[Policy] | None = None


@dataclass(frozen=True)
class Decision:
    """`reason`: which statement or which missing Allow decided; for people and for tests that look at the layer."""

    allowed: bool
    reason: str


def evaluate(request: Request, policies: Policies) -> Decision:
    """AWS's answer. Service principals have no identity policies; boundary and SCPs do not concern them."""
    denied = _denied(request, policies)
    if denied:
        return denied
    ceilings = [("endpoint", policies.endpoint)]
    if not request.principal.service:
        ceilings.append(("scp", policies.scp))
    for layer, limiting in ceilings:
        if limiting is not None and not _allows(limiting, request):
            return Decision(False, f"implicit deny: {layer}")
    return _granted(request, policies)


def explicitly_denied(policy: Policy, request: Request) -> bool:
    """A Deny of this one policy, which no Allow anywhere can undo."""
    return any(s.effect == "Deny" for s in _matching([policy], request, bounded=False))


def _granted(request: Request, policies: Policies) -> Decision:
    given, by = _resource_grant(request, policies)
    if not request.principal.account:
        return Decision(given is Grant.DIRECT, f"resource: {by}" if by else "implicit deny: resource")
    across = _crosses_accounts(request)
    if given is Grant.NONE and (across or _needs_resource_policy(request)):
        return Decision(False, "implicit deny: resource")
    if given is Grant.DIRECT and not across:
        return Decision(True, f"resource: {by}")
    reason = f"resource: {by}" if given is Grant.ROLE and not across else _identity_grant(request, policies)
    if not reason:
        return Decision(False, "implicit deny: identity")
    if policies.boundary is not None and not _allows(policies.boundary, request):
        return Decision(False, "implicit deny: boundary")
    return Decision(True, reason)


def _identity_grant(request: Request, policies: Policies) -> str:
    if request.principal.is_root:
        return "identity: the account's root user"
    statement = _first(_matching(policies.identity, request, bounded=False), "Allow")
    return f"identity: {statement}" if statement else ""


def _resource_grant(request: Request, policies: Policies) -> tuple[Grant, str]:
    """The strongest grant of the resource policy and the statement that gives it."""
    best, by = Grant.NONE, ""
    for statement in _matching(policies.resource or (), request, bounded=policies.boundary is not None):
        if statement.effect == "Allow" and statement.principals is not None:
            given = grant(statement.principals, request.principal)
            if given > best:
                best, by = given, statement.sid
    return best, by


def _denied(request: Request, policies: Policies) -> Decision | None:
    bounded = policies.boundary is not None
    layers = {"identity": policies.identity, "boundary": policies.boundary, "scp": policies.scp}
    if request.principal.service:
        layers = {}
    layers |= {"endpoint": policies.endpoint, "resource": policies.resource}
    for layer, found in layers.items():
        statement = _first(_matching(found or (), request, bounded=bounded), "Deny")
        if statement:
            return Decision(False, f"explicit deny: {layer}: {statement}")
    return None


def _allows(policies: Iterable[Policy], request: Request) -> bool:
    return bool(_first(_matching(policies, request, bounded=False), "Allow"))


def _first(statements: Iterable[Statement], effect: str) -> str:
    return next((statement.sid for statement in statements if statement.effect == effect), "")


def _matching(policies: Iterable[Policy], request: Request, *, bounded: bool) -> Iterable[Statement]:
    context = request.values
    for policy in policies:
        for statement in policy.statements:
            if concerns(statement, request.principal, bounded=bounded) and statement.covers(
                request.action, request.resource, context
            ):
                yield statement


def _crosses_accounts(request: Request) -> bool:
    return bool(request.resource_account) and request.resource_account != request.principal.account


def _needs_resource_policy(request: Request) -> bool:
    """Keys and roles are used by nobody whom their own policy does not let in, also within the account."""
    service, _, operation = request.action.lower().partition(":")
    return service == "kms" or (service == "sts" and operation.startswith("assumerole"))
