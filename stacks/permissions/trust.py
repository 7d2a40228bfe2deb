"""Who may assume a role: trust policies as data."""

from __future__ import annotations

from typing import Any

from stacks.permissions.statement import VERSION, Conditions
from stacks.values.account import Account

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


def people(account: Account, *, mfa: bool) -> Trust:
    """Principals of this account that their own policies allow it, with a second factor if `mfa`."""
    conditions = {"Bool": {"aws:MultiFactorAuthPresent": "true"}} if mfa else {}
    return _trust({"AWS": account.global_arn("iam", "root")}, "sts:AssumeRole", conditions)


def web_identity(provider_arn: str, provider: str, *, audience: str, subject: str) -> Trust:
    """One subject of an OIDC provider, by equality: no pattern could be pinned."""
    conditions = {"StringEquals": {f"{provider}:aud": audience, f"{provider}:sub": subject}}
    return _trust({"Federated": provider_arn}, "sts:AssumeRoleWithWebIdentity", conditions)


def _trust(principal: dict[str, str], action: str, conditions: Conditions) -> Trust:
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": principal, "Action": action}
    return {"Version": VERSION, "Statement": [statement | ({"Condition": conditions} if conditions else {})]}
