"""The outer limit of every role of an environment, whatever its own policy says.

The bootstrap stack makes it with an administrator's credentials, and CloudFormation may create roles only under it. So
neither a deployment nor anything deployed can go beyond what stands here: no new identities, no change to trails,
keys or policies, no shell into a job, no other account's buckets.
"""

from __future__ import annotations

from collections.abc import Sequence

from stacks.permissions.conditions import tagged
from stacks.permissions.statement import Because, Conditions, Statement
from stacks.values.account import Account

ANYWHERE = ["*"]
# service -> what any role of the platform may have at most
LIMITS = {
    "application-autoscaling": [
        "De*",
        "ListTagsForResource",
        "PutScalingPolicy",
        "PutScheduledAction",
        "RegisterScalableTarget",
        "TagResource",
    ],
    "cloudformation": ["Describe*", "GetTemplate", "ListStackResources", "ListStacks"],
    "cloudwatch": ["DeleteAlarms", "Describe*", "GetMetricData", "ListTagsForResource", "PutMetric*", "TagResource"],
    "ec2": [
        "AssignPrivateIpAddresses",
        "CreateNetworkInterface",
        "CreateNetworkInterfacePermission",
        "DeleteNetworkInterface",
        "DeleteNetworkInterfacePermission",
        "Describe*",
        "RevokeSecurityGroupEgress",
        "RevokeSecurityGroupIngress",
        "UnassignPrivateIpAddresses",
    ],
    "ecr": ["BatchCheckLayerAvailability", "BatchGetImage", "DescribeImages", "Get*"],
    "execute-api": ["Invoke"],
    "logs": ["Create*", "Describe*", "FilterLogEvents", "Get*", "PutLogEvents"],
    "sns": ["Publish"],
    "sqs": ["SendMessage"],
    "xray": ["Put*"],
    # Reading for the auditor.
    "access-analyzer": ["Get*", "List*"],
    "apigateway": ["GET"],
    "cloudtrail": ["DescribeTrails", "Get*", "LookupEvents"],
    "events": ["Describe*", "List*"],
    "iam": ["Get*", "List*"],
    "lambda": ["GetFunctionConfiguration", "GetPolicy", "ListFunctions"],
}
SAGEMAKER = [
    "AddTags",
    "Create*",
    "Delete*",
    "Describe*",
    "InvokeEndpoint",
    "InvokeEndpointAsync",
    "List*",
    "StartPipelineExecution",
    "Stop*",
    "Update*",
]
BUCKETS = ["GetBucket*", "GetEncryptionConfiguration", "GetLifecycleConfiguration", "ListAllMyBuckets"]
READ_OBJECTS = ["GetObject*", "List*"]
OBJECTS = [*READ_OBJECTS, "AbortMultipartUpload", "DeleteObject*", "PutObject"]


def boundary(
    account: Account,
    *,
    prefix: str,
    environment: str,
    name: str,
    roles_path: str,
    qualifier: str,
    existing_keys: Sequence[str],
    s3_read_buckets: Sequence[str],
    serverless_models: Sequence[str] = (),
) -> list[Statement]:
    """`roles_path`: the path below which the environment's roles lie. `qualifier`: of the CDK's bootstrap.

    `serverless_models`: logical ids of those that the configuration wants so, for which SageMaker has no isolation.
    """
    limit = Because.BOUNDARY
    within = [f"{service}:{action}" for service, its in LIMITS.items() for action in its]
    roles = [account.global_arn("iam", f"role{roles_path}*")]
    to = ["cloudformation.amazonaws.com", "sagemaker.amazonaws.com"]
    linked = [account.global_arn("iam", "role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/*")]
    deployers = [account.global_arn("iam", f"role/cdk-{qualifier}-*")]
    # As one of the narrow roles only: without a role CloudFormation would take the one that the stack had last.
    released = {"ArnLike": {"cloudformation:RoleArn": account.global_arn("iam", f"role{roles_path}release/*")}}
    stacks = [account.arn("cloudformation", f"stack/{name}-inference-*")]
    # A release calls the functions of endpoints, a pipeline the function of its model. CloudFormation makes their names
    # of their stacks', and shortens what comes to more than 64 characters: no more than the first letter is sure.
    called = [account.arn("lambda", f"function:{name}-{stack[0]}*") for stack in ("inference", "training")]
    sagemaker = [f"sagemaker:{verb}" for verb in SAGEMAKER]
    return [
        Statement("Services", within, ANYWHERE, because=limit),
        Statement("Release", ["cloudformation:UpdateStack"], stacks, released, because=limit),
        Statement("OwnFunctions", ["lambda:InvokeFunction"], called, because=limit),
        Statement("SageMaker", sagemaker, [account.arn("sagemaker", "*")], because=limit),
        Statement("SageMakerLists", ["sagemaker:List*"], ANYWHERE, because=limit),
        *_data(account, name, qualifier, s3_read_buckets),
        *_keys(account, prefix, environment, qualifier, existing_keys),
        Statement("PassRoles", ["iam:PassRole"], roles, {"StringEquals": {"iam:PassedToService": to}}, because=limit),
        Statement("ScalingServiceRole", ["iam:CreateServiceLinkedRole"], linked, because=limit),
        Statement("Deploy", ["sts:AssumeRole"], deployers, because=limit),
        *_never(account, name, serverless_models),
    ]


def _data(account: Account, name: str, qualifier: str, s3_read_buckets: Sequence[str]) -> list[Statement]:
    """Objects of the platform's own buckets, of the CDK's assets and of the buckets that the configuration names."""
    assets = account.bucket(f"cdk-{qualifier}-assets-{account.id}-{account.region}")
    own = [account.bucket(f"{name}-*"), assets, f"{assets}/*"]
    mine = {"StringEquals": {"aws:ResourceAccount": account.id}}
    found = [
        Statement("Objects", [f"s3:{verb}" for verb in OBJECTS], own, mine, because=Because.BOUNDARY),
        Statement("Buckets", [f"s3:{verb}" for verb in BUCKETS], ANYWHERE, because=Because.BOUNDARY),
    ]
    if s3_read_buckets:
        foreign = [account.bucket(f"{bucket}{objects}") for bucket in s3_read_buckets for objects in ("", "/*")]
        read = [f"s3:{verb}" for verb in READ_OBJECTS]
        found.append(Statement("ForeignObjects", read, foreign, because=Because.BOUNDARY))
    return found


def _keys(
    account: Account, prefix: str, environment: str, qualifier: str, existing_keys: Sequence[str]
) -> list[Statement]:
    """The platform's keys, by the tags that its stacks give; those that it was brought; that of the CDK's assets."""
    keys, limit = [account.arn("kms", "key/*")], Because.BOUNDARY
    use = [f"kms:{verb}" for verb in ("CreateGrant", "Decrypt", "DescribeKey", "GenerateDataKey")]
    look = ["kms:DescribeKey", "kms:GetKey*", "kms:ListGrants", "kms:ListKeys"]
    own = tagged("aws:ResourceTag", prefix, environment)
    assets = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/cdk-{qualifier}-assets-key"}}
    return [
        Statement("Keys", use, keys, own, because=limit),
        *([Statement("ExistingKeys", use, existing_keys)] if existing_keys else []),
        Statement("AssetsKey", ["kms:Decrypt"], keys, assets, because=limit),
        Statement("LookAtKeys", look, ANYWHERE, because=limit),
    ]


def _never(account: Account, name: str, serverless_models: Sequence[str]) -> list[Statement]:
    """Also what a resource's own policy, or a policy that somebody attaches later, would allow."""
    into_jobs = {"Bool": {"sagemaker:EnableRemoteDebug": "true"}}
    around = ["sagemaker:CallWithBearerToken", "sagemaker:CreatePresigned*", "sagemaker:StartSession"]
    # Scripts that run as root on other people's notebooks, and doors into them from outside.
    root = [f"sagemaker:*{noun}" for noun in ("Domain", "LifecycleConfig", "Space", "UserProfile")]
    debug = ["sagemaker:CreateTrainingJob", "sagemaker:UpdateTrainingJob"]
    serverless = [account.arn("sagemaker", f"model/{id}-*") for id in serverless_models]
    if serverless:
        # A model made from a package is authorised on the package as well.
        serverless.append(account.arn("sagemaker", f"model-package/{name}-*"))
    open_model = {"Bool": {"sagemaker:NetworkIsolation": "false"}}
    silent_model = {"Null": {"sagemaker:NetworkIsolation": "true"}}
    return [
        Statement("NoShellIntoJobs", debug, ANYWHERE, into_jobs, effect="Deny"),
        _no_model("NoOpenModel", open_model, serverless),
        _no_model("NoModelThatDoesNotSay", silent_model, serverless),
        Statement("NoWayAroundTheApi", around, ANYWHERE, effect="Deny"),
        Statement("NoLifecycleScripts", root, ANYWHERE, effect="Deny"),
    ]


def _no_model(sid: str, conditions: Conditions, serverless: Sequence[str]) -> Statement:
    """No model of that kind, but for those that are serverless."""
    resources = serverless or ANYWHERE
    return Statement(sid, ["sagemaker:CreateModel"], resources, conditions, effect="Deny", all_but=bool(serverless))
