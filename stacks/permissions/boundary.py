"""The outer limit of every role of an environment, whatever its own policy says.

The bootstrap stack makes it with an administrator's credentials, and CloudFormation may create roles only under it. So
neither a deployment nor anything deployed can go beyond what stands here: no new identities, no change to trails,
keys or policies, no shell into a job, no other account's buckets.
"""

from __future__ import annotations

from stacks.permissions.statement import Because, Statement
from stacks.values.account import Account

ANYWHERE = ["*"]
# service -> what any role of the platform may have at most
LIMITS = {
    "application-autoscaling": [
        "De*",
        "ListTagsForResource",
        "PutScalingPolicy",
        "RegisterScalableTarget",
        "TagResource",
    ],
    "cloudformation": ["Describe*", "GetTemplate", "ListStacks", "UpdateStack"],
    "cloudwatch": ["DeleteAlarms", "Describe*", "PutMetric*"],
    "ec2": ["*NetworkInterface*", "Describe*", "RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress"],
    "ecr": ["BatchCheckLayerAvailability", "BatchGetImage", "DescribeImages", "Get*"],
    "execute-api": ["Invoke"],
    "logs": ["Create*", "Describe*", "FilterLogEvents", "Get*", "PutLogEvents"],
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
    "List*",
    "StartPipelineExecution",
    "Stop*",
    "Update*",
]
OBJECTS = [
    "AbortMultipartUpload",
    "DeleteObject*",
    "GetBucket*",
    "GetEncryptionConfiguration",
    "GetLifecycleConfiguration",
]
OBJECTS += ["GetObject*", "List*", "PutObject"]


def boundary(account: Account, *, roles_path: str, qualifier: str) -> list[Statement]:
    """`roles_path`: the path below which the environment's roles lie. `qualifier`: of the CDK's bootstrap."""
    limit = Because.BOUNDARY
    within = [f"{service}:{action}" for service, its in LIMITS.items() for action in its]
    own_account = {"StringEquals": {"aws:ResourceAccount": account.id}}
    keys = ["CreateGrant", "Decrypt", "DescribeKey", "GenerateDataKey", "GetKey*", "ListGrants"]
    roles = [account.global_arn("iam", f"role{roles_path}*")]
    to = ["cloudformation.amazonaws.com", "sagemaker.amazonaws.com"]
    linked = [account.global_arn("iam", "role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/*")]
    deployers = [account.global_arn("iam", f"role/cdk-{qualifier}-*")]
    return [
        Statement("Services", within, ANYWHERE, because=limit),
        Statement(
            "SageMaker", [f"sagemaker:{verb}" for verb in SAGEMAKER], [account.arn("sagemaker", "*")], because=limit
        ),
        Statement("SageMakerLists", ["sagemaker:List*"], ANYWHERE, because=limit),
        Statement("Objects", [f"s3:{verb}" for verb in OBJECTS], ANYWHERE, own_account, because=limit),
        Statement("Keys", [f"kms:{verb}" for verb in keys], [account.arn("kms", "key/*")], because=limit),
        Statement("AuditLists", ["kms:ListKeys", "s3:ListAllMyBuckets"], ANYWHERE, because=limit),
        Statement("PassRoles", ["iam:PassRole"], roles, {"StringEquals": {"iam:PassedToService": to}}, because=limit),
        Statement("ScalingServiceRole", ["iam:CreateServiceLinkedRole"], linked, because=limit),
        Statement("Deploy", ["sts:AssumeRole"], deployers, because=limit),
        *_never(),
    ]


def _never() -> list[Statement]:
    """Also what a resource's own policy, or a policy that somebody attaches later, would allow."""
    into_jobs = {"Bool": {"sagemaker:EnableRemoteDebug": "true"}}
    around = ["sagemaker:CallWithBearerToken", "sagemaker:CreatePresigned*", "sagemaker:StartSession"]
    # Scripts that run as root on other people's notebooks, and doors into them from outside.
    root = [f"sagemaker:*{noun}" for noun in ("Domain", "LifecycleConfig", "Space", "UserProfile")]
    debug = ["sagemaker:CreateTrainingJob", "sagemaker:UpdateTrainingJob"]
    return [
        Statement("NoShellIntoJobs", debug, ANYWHERE, into_jobs, effect="Deny"),
        Statement("NoWayAroundTheApi", around, ANYWHERE, effect="Deny"),
        Statement("NoLifecycleScripts", root, ANYWHERE, effect="Deny"),
    ]
