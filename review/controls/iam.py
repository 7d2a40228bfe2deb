"""Roles and identity policies. Source: Security Hub, IAM controls; AwsSolutions, NIST and checkov rules."""

from __future__ import annotations

from collections.abc import Iterator

from review.controls.escalation import ESCALATING, LIMITS, READING, UNSCOPED
from review.controls.estate import Estate, Statement, statements
from review.controls.findings import Finding, exists, state
from review.controls.properties import demand
from review.controls.registry import control

# Services that send no source account or ARN when they assume a role.
WITHOUT_SOURCE = {f"{service}.amazonaws.com" for service in ("apigateway", "cloudformation", "cloudtrail", "lambda")}

demand("iam:boundary", "IAM::Role", "PermissionsBoundary")


@control("IAM.1")
def no_administrator(estate: Estate) -> Iterator[Finding]:
    for statement in _allowed(estate):
        everything = "*" in statement.actions and "*" in statement.resources
        yield state(statement.holder, not everything, f"{statement} is {'' if everything else 'not '}*:*")


@control("IAM.2")
def no_user_policies(estate: Estate) -> Iterator[Finding]:
    for user in estate.of("IAM::User"):
        yield state(user, not user.properties.keys() & {"Policies", "ManagedPolicyArns"}, "policies on a user")
    for policy in estate.of("IAM::Policy", "IAM::ManagedPolicy"):
        yield state(policy, not policy.properties.get("Users"), "attached to no user")


@control("IAM.21")
def no_whole_service(estate: Estate) -> Iterator[Finding]:
    for policy in estate.of("IAM::ManagedPolicy"):
        wide = [
            action
            for statement in statements(policy, policy.properties["PolicyDocument"])
            if statement.allows and "*" in statement.resources
            for action in statement.actions
            if action.endswith(":*")
        ]
        yield state(policy, not wide, f"whole services on any resource: {', '.join(wide) or 'none'}")


@control("IAM.28")
def external_access_analysed(estate: Estate) -> Iterator[Finding]:
    if estate.platform.audit.access_analyzer == "existing":
        yield Finding(True, "configuration", "audit.access_analyzer=existing: the account's own, which preflight sees")
    else:
        yield from exists(estate.of("AccessAnalyzer::Analyzer"), "external access analyzer")


@control("iam:no-inline")
def no_inline_policies(estate: Estate) -> Iterator[Finding]:
    yield from (state(policy, False, "an inline policy") for policy in estate.of("IAM::Policy", "IAM::RolePolicy"))
    for role in estate.of("IAM::Role"):
        yield state(role, not role.properties.get("Policies"), "no inline policies")


@control("iam:no-managed")
def no_aws_managed_policies(estate: Estate) -> Iterator[Finding]:
    for role in estate.of("IAM::Role"):
        aws = [arn for arn in role.properties.get("ManagedPolicyArns", []) if ":iam::aws:" in arn]
        yield state(role, not aws, f"AWS managed policies: {', '.join(aws) or 'none'}")


@control("iam:no-wildcard")
def no_wildcards(estate: Estate) -> Iterator[Finding]:
    """`*` as the resource only where the service knows no resource for the action."""
    for statement in estate.identity_statements:
        if not statement.allows:
            continue
        wild = [action for action in statement.actions if "*" in action]
        unscoped = "*" in statement.resources and [a for a in statement.actions if a not in UNSCOPED]
        yield state(statement.holder, not wild and not unscoped, f"{statement}: {wild or unscoped or 'no wildcard'}")


@control("iam:privesc")
def no_escalation(estate: Estate) -> Iterator[Finding]:
    """What changes identities is limited to roles under the boundary; a role is passed to a named service."""
    for statement in estate.identity_statements:
        risky = [a for a in statement.actions if a.lower() in ESCALATING or a == "*"] if statement.allows else []
        for action in risky:
            limits = LIMITS.get(action.lower(), {"iam:permissionsboundary"})
            limited = bool(limits & statement.condition_keys) and "*" not in statement.resources
            yield state(statement.holder, limited, f"{statement}: {action} under {' or '.join(sorted(limits))}")


@control("iam:exfil")
def no_unlimited_reading(estate: Estate) -> Iterator[Finding]:
    for statement in estate.identity_statements:
        reading = [a for a in statement.actions if a.lower() in READING or a == "*"] if statement.allows else []
        if reading:
            wide = "*" in statement.resources and not statement.condition_keys
            yield state(statement.holder, not wide, f"{statement} reads {'anything' if wide else 'named resources'}")


@control("iam:trust")
def trust_limited(estate: Estate) -> Iterator[Finding]:
    for statement in estate.trust_statements:
        for kind, principal in statement.principals:
            yield state(statement.holder, _trusts(statement, kind, principal, estate), f"trusts {principal}")


@control("SMDG-01")
def sagemaker_trusted_for_own_resources(estate: Estate) -> Iterator[Finding]:
    for statement in estate.trust_statements:
        if ("Service", "sagemaker.amazonaws.com") in statement.principals:
            missing = {"aws:sourceaccount", "aws:sourcearn"} - statement.condition_keys
            yield state(
                statement.holder, not missing, f"trust by source; missing: {', '.join(sorted(missing)) or 'none'}"
            )


def _allowed(estate: Estate) -> Iterator[Statement]:
    """Boundaries as well: Security Hub looks at every customer managed policy."""
    yield from (s for s in estate.identity_statements if s.allows)
    for boundary in estate.boundaries:
        yield from (s for s in statements(boundary, boundary.properties["PolicyDocument"]) if s.allows)


def _trusts(statement: Statement, kind: str, principal: str, estate: Estate) -> bool:
    if kind == "Service":
        source = {"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid"} & statement.condition_keys
        return principal in WITHOUT_SOURCE or bool(source)
    if kind == "Federated":
        exact = {key.lower() for key in statement.body["Condition"].get("StringEquals", {})}
        return any(key.endswith(":sub") for key in exact) and any(key.endswith(":aud") for key in exact)
    return principal != "*" and estate.platform.account in principal
