"""The pipeline of the organisation that deploys: it may hand over to the CDK's own roles, and do nothing itself."""

from __future__ import annotations

from stacks.permissions.statement import Statement
from stacks.values.account import Account

HANDED_TO = ("deploy", "file-publishing", "lookup")


def ci(account: Account, *, qualifier: str) -> list[Statement]:
    """`qualifier`: of the CDK's bootstrap."""
    names = [f"cdk-{qualifier}-{role}-role-{account.id}-{account.region}" for role in HANDED_TO]
    return [Statement("Deploy", ["sts:AssumeRole"], [account.global_arn("iam", f"role/{name}") for name in names])]
