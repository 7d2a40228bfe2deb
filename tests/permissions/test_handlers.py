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

from review.iam import Deployed
from tests.conftest import ROOT
from tests.stacks.doors import platform_of, stacks_behind

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

# Types that only a setting of the front door brings, and what their handlers do not need for it.
OPTIONAL = ["ApiGateway::ApiKey", "ApiGateway::Authorizer", "ApiGateway::BasePathMapping", "ApiGateway::DomainName"]
OPTIONAL += ["ApiGateway::UsagePlan", "ApiGateway::UsagePlanKey", "Cognito::UserPool", "Cognito::UserPoolClient"]
OPTIONAL += ["Cognito::UserPoolDomain", "Cognito::UserPoolResourceServer", "Lambda::Alias", "Lambda::Version"]
OPTIONAL += ["Route53::RecordSet"]
NOT_NEEDED_BY_OPTIONS = {
    "other services that the type can work with": ["cloudfront:*", "codedeploy:*", "iam:*RolePolicy"],
    "properties that no template of ours has": [
        "cognito-idp:AddCustomAttributes",
        "kms:GenerateDataKeyWithoutPlaintext",
        "lambda:*FunctionScalingConfig",
        "lambda:*RuntimeManagementConfig",
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


def allowed(cloud: Deployed) -> set[str]:
    """What the execution policies allow, in lower case."""
    policies = [p for p in cloud.of("AWS::IAM::ManagedPolicy") if "-deploy-" in p.arn]
    statements = [s for policy in policies for s in policy.properties["PolicyDocument"]["Statement"]]
    return {action.lower() for s in statements if s["Effect"] == "Allow" for action in s["Action"]}


def missing(cloud: Deployed, types: set[str], accepted: dict[str, list[str]]) -> list[tuple[str, str]]:
    """(type, action) of what a handler calls and is neither allowed nor accepted as not needed."""
    patterns = [pattern.lower() for its in accepted.values() for pattern in its]
    granted = allowed(cloud)
    found = []
    for type in sorted(types):
        for action in sorted(needed(type)):
            wanted = action.lower()
            given = wanted in granted or any(fnmatch.fnmatch(each, wanted) for each in granted)
            if not given and not any(fnmatch.fnmatch(wanted, pattern) for pattern in patterns):
                found.append((type, action))
    return found


def should_allow_what_the_handlers_of_our_types_call(deployed: Callable[[str], Deployed]) -> None:
    types = {each.type for each in deployed("prod").resources if not each.stack.endswith("-bootstrap")}
    assert sum(bool(needed(type)) for type in types) > 25
    assert missing(deployed("prod"), types, NOT_NEEDED) == []


def should_allow_what_the_handlers_of_the_front_doors_options_call() -> None:
    platform = platform_of("everything")
    stacks = {**stacks_behind("everything"), **stacks_behind("everything", bootstrap=True)}
    cloud = Deployed({platform.name(n): t for n, t in stacks.items()}, account=platform.account, region=platform.region)
    types = {f"AWS::{each}" for each in OPTIONAL}
    assert types <= {each.type for each in cloud.resources}
    assert missing(cloud, types, NOT_NEEDED_BY_OPTIONS) == []
