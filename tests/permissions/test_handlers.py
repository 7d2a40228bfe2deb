"""What CloudFormation's own handlers say they call, against what the execution policies allow.

The registry's schemas come with cfn-lint, in the review's environment. A handler's list is the union of all that any
property may need, so what our properties do not need is named here, with the reason.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from review.iam import Deployed
from tests.conftest import ROOT

(LIBRARY,) = (ROOT / "review/.venv/lib").glob("python3.*")
SCHEMAS = LIBRARY / "site-packages/cfnlint/data/schemas/resources"
NOT_NEEDED = {
    "other services that the type can work with": [
        "amplify:*",
        "apprunner:*",
        "appsync:*",
        "bedrock-agentcore:*",
        "cognito-idp:*",
        "elasticfilesystem:*",
        "elasticloadbalancing:*",
        "firehose:*",
        "lambda:*ProvisionedConcurrencyConfig",
        "s3files:*",
        "s3tables:*",
        "vpc-lattice:*",
        "vpce:*",
        "ec2:*VerifiedAccess*",
    ],
    "organisation's trails, analyzers and firewalls": ["organizations:*", "iam:DescribeOrganization", "payments:*"],
    "properties that no template of ours has": [
        "access-analyzer:*ArchiveRule",
        "application-autoscaling:*ScheduledAction",
        "autoscaling:*",
        "ec2:*SubnetCidrBlock",
        "ec2:CreateVpcEncryptionControl",
        "ec2:ModifyVpcTenancy",
        "iam:*GroupPolicy",
        "iam:*UserPolicy",
        "lambda:*CapacityProvider",
        "lambda:AssociateRuntimeAlias",
        "lambda:DeleteFunctionCodeSigningConfig",
        "lambda:GetCodeSigningConfig",
        "lambda:GetLayerVersion",
        "lambda:PublishVersion",
        "lambda:Put*Config",
        "logs:*BearerTokenAuthentication",
        "logs:*DeletionProtection",
        "logs:*IndexPolicy",
        "logs:DeleteResourcePolicy",
        "logs:PutDataProtectionPolicy",
        "s3:*MetadataTableConfiguration",
        "s3:*InventoryTableConfiguration",
        "s3:*JournalTableConfiguration",
        "s3:*AnnotationTableConfiguration",
        "s3:Delete*",
        "s3:Put*",
        "s3:REST.PUT.OBJECT",
        "sns:PutDataProtectionPolicy",
        "wafv2:*PermissionPolicy",
    ],
    "a role has managed policies only, and keeps its boundary": [
        "iam:DeleteRolePermissionsBoundary",
        "iam:DeleteRolePolicy",
        "iam:PutRolePolicy",
    ],
}


@cache
def handlers() -> dict[str, dict[str, Any]]:
    """Type -> its handlers."""
    schemas = [json.loads(file.read_text("utf-8")) for file in SCHEMAS.glob("*.json")]
    return {schema["typeName"]: schema.get("handlers", {}) for schema in schemas if "typeName" in schema}


def needed(type: str) -> set[str]:
    """Actions of a type's handlers, listing aside, which no deployment does; empty for a custom resource."""
    its = handlers().get(type, {})
    return {action for name in its if name != "list" for action in its[name].get("permissions", [])}


@pytest.fixture(scope="module")
def allowed(deployed: Callable[[str], Deployed]) -> set[str]:
    policies = [p for p in deployed("prod").of("AWS::IAM::ManagedPolicy") if "-deploy-" in p.arn]
    statements = [s for policy in policies for s in policy.properties["PolicyDocument"]["Statement"]]
    return {action.lower() for s in statements if s["Effect"] == "Allow" for action in s["Action"]}


def should_allow_what_the_handlers_of_our_types_call(deployed: Callable[[str], Deployed], allowed: set[str]) -> None:
    accepted = [pattern.lower() for patterns in NOT_NEEDED.values() for pattern in patterns]
    missing = []
    types = {each.type for each in deployed("prod").resources if not each.stack.endswith("-bootstrap")}
    assert sum(bool(needed(type)) for type in types) > 25
    for type in sorted(types):
        for action in sorted(needed(type)):
            wanted = action.lower()
            granted = wanted in allowed or any(fnmatch.fnmatch(each, wanted) for each in allowed)
            if not granted and not any(fnmatch.fnmatch(wanted, pattern) for pattern in accepted):
                missing.append((type, action))
    assert missing == []
