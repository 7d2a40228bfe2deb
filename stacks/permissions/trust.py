"""Who may assume a role: trust policies as data."""

from __future__ import annotations

from typing import Any

from stacks.permissions.statement import VERSION, Conditions
from stacks.values.account import Account
from stacks.values.people import People

Trust = dict[str, Any]


def service(name: str, account: Account, *, source: str | None = None) -> Trust:
    """An AWS service, for this account only, or only for what matches `source`, an ARN pattern (confused deputy)."""
    conditions: dict[str, dict[str, object]] = {"StringEquals": {"aws:SourceAccount": account.id}}
    if source:
        conditions["ArnLike"] = {"aws:SourceArn": source}
    return _trust({"Service": name}, "sts:AssumeRole", conditions)


def lambda_service() -> Trust:
    """Lambda sends no aws:SourceAccount when it assumes the role of a function."""
    return _trust({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole", {})


def apigateway_service() -> Trust:
    """API Gateway sends no aws:SourceAccount when it assumes its logging role: who may pass the role is the guard."""
    return _trust({"Service": "apigateway.amazonaws.com"}, "sts:AssumeRole", {})


def cloudformation_service() -> Trust:
    """CloudFormation is documented to send no source. A service role is passed inside its own account only."""
    return _trust({"Service": "cloudformation.amazonaws.com"}, "sts:AssumeRole", {})


def cloudtrail_service() -> Trust:
    """CloudTrail sends neither source account nor source ARN when it assumes the role of a log group (user guide)."""
    return _trust({"Service": "cloudtrail.amazonaws.com"}, "sts:AssumeRole", {})


def sagemaker(account: Account) -> Trust:
    """SageMaker, for this account's own resources."""
    return service("sagemaker.amazonaws.com", account, source=account.arn("sagemaker", "*"))


def people(account: Account, who: People) -> Trust:
    """Principals of this account that their own policies allow it: with a second factor, or by a permission set."""
    conditions = {"Bool": {"aws:MultiFactorAuthPresent": "true"}} if who.mfa else {}
    trust = _trust({"AWS": account.global_arn("iam", "root")}, "sts:AssumeRole", conditions)
    if who.permission_sets:
        # Only Identity Center makes roles there. The folder of its region is left out in us-east-1.
        below = [account.global_arn("iam", f"role/aws-reserved/sso.amazonaws.com/{folder}") for folder in ("", "*/")]
        roles = [f"{path}AWSReservedSSO_{name}_*" for name in who.permission_sets for path in below]
        by_set = _trust(
            {"AWS": account.global_arn("iam", "root")}, "sts:AssumeRole", {"ArnLike": {"aws:PrincipalArn": roles}}
        )
        trust["Statement"] += by_set["Statement"]
    return trust


def applications(account: Account) -> Trust:
    """Roles of this account's applications, which have no second factor."""
    return _trust({"AWS": account.global_arn("iam", "root")}, "sts:AssumeRole", {})


def web_identity(provider_arn: str, provider: str, *, audience: str, subject: str) -> Trust:
    """One subject of an OIDC provider, by equality: no pattern could be pinned."""
    conditions = {"StringEquals": {f"{provider}:aud": audience, f"{provider}:sub": subject}}
    return _trust({"Federated": provider_arn}, "sts:AssumeRoleWithWebIdentity", conditions)


def _trust(principal: dict[str, str], action: str, conditions: Conditions) -> Trust:
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": principal, "Action": action}
    return {"Version": VERSION, "Statement": [statement | ({"Condition": conditions} if conditions else {})]}
