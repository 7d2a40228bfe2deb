"""People: data scientists of one project, those who approve models, and auditors. Applications are in functions.py.

A project is a model with all that belongs to it. Its resources and its data scientists' role carry the tag `project`,
and one policy serves every project: it compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence

from stacks.permissions.conditions import FOR_SERVICES
from stacks.permissions.jobs import PROCESSING_LOGS, TRAINING_LOGS, TRANSFORM_LOGS, owned_by
from stacks.permissions.pipeline import TO_SAGEMAKER
from stacks.permissions.statement import Because, Conditions, Statement
from stacks.values.account import Account
from stacks.values.job_limits import JobLimits
from stacks.values.placement import Placement
from stacks.values.store import Stores

PROJECT = "${aws:PrincipalTag/project}"
OWN_PROJECT = {"StringEquals": {"aws:ResourceTag/project": PROJECT}}


def data_scientist(
    account: Account,
    *,
    name: str,
    experiment_role: str,
    stores: Stores,
    limits: Sequence[JobLimits],
    placement: Placement,
) -> list[Statement]:
    """Experiments of the own project, as secure as the pipeline's jobs. `name`: what every name begins with."""
    return [
        *_experiments(account, name, "TrainingJob", "training-job", limits, placement),
        *_experiments(account, name, "ProcessingJob", "processing-job", limits, placement),
        Statement("PassExperimentRole", ["iam:PassRole"], [experiment_role], TO_SAGEMAKER),
        *_pipeline(account, name),
        *_registry(account, name),
        *_find(),
        *_data(account, stores),
        *_job_logs(account),
    ]


def _experiments(
    account: Account, name: str, noun: str, resource: str, limits: Sequence[JobLimits], placement: Placement
) -> list[Statement]:
    """Jobs are named `<prefix>-<environment>-<project>-…` and tagged with the project."""
    jobs = [account.arn("sagemaker", f"{resource}/{name}-{PROJECT}-*")]
    own = Because.OWN_KIND
    project = {"aws:RequestTag/project": PROJECT}
    # A shell into the container would leave isolation behind.
    shell = {"BoolIfExists": {"sagemaker:EnableRemoteDebug": "false"}} if noun == "TrainingJob" else {}
    create = [
        Statement(
            f"Create{noun}{n}",
            [f"sagemaker:Create{noun}"],
            jobs,
            {**each.conditions(placement), **shell, "StringEquals": project},
            because=own,
        )
        for n, each in enumerate(limits)
    ]
    tag: Conditions = {"StringEquals": {"sagemaker:TaggingAction": f"Create{noun}", **project}}
    follow = [f"sagemaker:Describe{noun}", f"sagemaker:Stop{noun}"]
    every = [account.arn("sagemaker", f"{resource}/*")]
    return [
        *create,
        Statement(f"Tag{noun}", ["sagemaker:AddTags"], jobs, tag, because=own),
        Statement(f"Follow{noun}", follow, every, OWN_PROJECT, because=own),
    ]


def _pipeline(account: Account, name: str) -> list[Statement]:
    own = [account.arn("sagemaker", f"pipeline/{name}-{PROJECT}")]
    executions = [account.arn("sagemaker", f"pipeline/{name}-{PROJECT}/execution/*")]
    start = ["sagemaker:DescribePipeline", "sagemaker:ListPipelineExecutions", "sagemaker:StartPipelineExecution"]
    verbs = ["DescribePipelineExecution", "ListPipelineExecutionSteps", "ListPipelineParametersForExecution"]
    verbs.append("StopPipelineExecution")
    return [
        Statement("Pipeline", start, own, OWN_PROJECT),
        Statement("Executions", [f"sagemaker:{verb}" for verb in verbs], executions, because=Because.VERSIONS),
    ]


def _registry(account: Account, name: str) -> list[Statement]:
    """Look at versions; approving one is another person's."""
    groups = [
        account.arn("sagemaker", f"model-package-group/{name}-{PROJECT}-*"),
        account.arn("sagemaker", f"model-package/{name}-{PROJECT}-*"),
    ]
    read = ["sagemaker:DescribeModelPackage", "sagemaker:DescribeModelPackageGroup"]
    return [Statement("Registry", read, groups, because=Because.OWN_KIND)]


def _find() -> list[Statement]:
    lists = ["ModelPackageGroups", "ModelPackages", "Pipelines", "ProcessingJobs", "TrainingJobs"]
    actions = [f"sagemaker:List{noun}" for noun in lists]
    return [Statement("Find", actions, ["*"], because=Because.NO_RESOURCE_LEVEL)]


def _data(account: Account, stores: Stores) -> list[Statement]:
    """The own project's data and models, through the VPC's endpoint only: the buckets see to that."""
    readable = [
        (stores.raw, "raw"),
        (stores.data, "processed"),
        (stores.data, "predictions"),
        (stores.artifacts, "models"),
        (stores.artifacts, "scans"),
        (stores.artifacts, "evaluations"),
        (stores.artifacts, "experiments"),
    ]
    objects = [f"{store.arn}/{folder}/{PROJECT}/*" for store, folder in readable]
    buckets = sorted({store.arn for store, _ in readable})
    prefixes = sorted({f"{folder}/{PROJECT}/*" for _, folder in readable})
    own = owned_by(account)
    through_s3 = {"StringEquals": {"kms:ViaService": f"s3.{account.region}.amazonaws.com"}}
    keys = sorted({store.key for store, _ in readable})
    return [
        Statement("Read", ["s3:GetObject"], objects, own, because=Because.OBJECT_KEYS),
        Statement("List", ["s3:ListBucket"], buckets, {**own, "StringLike": {"s3:prefix": prefixes}}),
        Statement("Keys", ["kms:Decrypt"], keys, through_s3),
        # Who creates a job grants SageMaker the use of the job's keys.
        Statement("VolumeKeys", ["kms:CreateGrant"], keys, FOR_SERVICES),
        Statement("JobKeys", ["kms:DescribeKey"], keys),
    ]


def _job_logs(account: Account) -> list[Statement]:
    """SageMaker keeps one log group for all jobs of a kind; streams are named after the jobs."""
    groups = [arn for group in (PROCESSING_LOGS, TRAINING_LOGS, TRANSFORM_LOGS) for arn in account.log_group(group)]
    read = ["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"]
    return [Statement("JobLogs", read, groups, because=Because.VERSIONS)]


def approver(account: Account, *, name: str) -> list[Statement]:
    """Decides on registered versions, and can make none."""
    packages = [account.arn("sagemaker", f"model-package/{name}-*")]
    groups = [account.arn("sagemaker", f"model-package-group/{name}-*")]
    decide = {"StringEquals": {"sagemaker:ModelApprovalStatus": ["Approved", "Rejected"]}}
    own = Because.OWN_KIND
    find = ["sagemaker:ListModelPackageGroups", "sagemaker:ListModelPackages"]
    return [
        Statement("Decide", ["sagemaker:UpdateModelPackage"], packages, decide, because=own),
        Statement("Versions", ["sagemaker:DescribeModelPackage"], packages, because=own),
        Statement("Groups", ["sagemaker:DescribeModelPackageGroup"], groups, because=own),
        Statement("Find", find, ["*"], because=Because.NO_RESOURCE_LEVEL),
    ]


AUDITED = {
    "access-analyzer": ["GetAnalyzer", "GetFinding", "ListAnalyzers", "ListFindings"],
    "apigateway": ["GET"],
    "cloudformation": ["DescribeStacks", "DescribeStackEvents", "DescribeStackResources", "GetTemplate", "ListStacks"],
    "cloudtrail": ["DescribeTrails", "GetEventSelectors", "GetTrailStatus", "LookupEvents"],
    "cloudwatch": ["DescribeAlarms", "DescribeAlarmHistory"],
    "ec2": [
        "DescribeFlowLogs",
        "DescribeNetworkAcls",
        "DescribeRouteTables",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeVpcEndpoints",
        "DescribeVpcs",
    ],
    "events": ["DescribeRule", "ListRules", "ListTargetsByRule"],
    "iam": [
        "GetPolicy",
        "GetPolicyVersion",
        "GetRole",
        "ListAttachedRolePolicies",
        "ListEntitiesForPolicy",
        "ListPolicies",
        "ListRoles",
    ],
    "kms": ["DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListGrants", "ListKeys"],
    "lambda": ["GetFunctionConfiguration", "GetPolicy", "ListFunctions"],
    "logs": ["DescribeLogGroups", "DescribeMetricFilters"],
    "s3": [
        "GetBucketLogging",
        "GetBucketObjectLockConfiguration",
        "GetBucketPolicy",
        "GetBucketPublicAccessBlock",
        "GetBucketVersioning",
        "GetEncryptionConfiguration",
        "GetLifecycleConfiguration",
        "ListAllMyBuckets",
    ],
    "sagemaker": [
        "DescribeEndpoint",
        "DescribeEndpointConfig",
        "DescribeModel",
        "DescribeModelPackage",
        "DescribePipeline",
        "DescribePipelineExecution",
        "DescribeProcessingJob",
        "DescribeTrainingJob",
        "ListEndpoints",
        "ListModelPackageGroups",
        "ListModelPackages",
        "ListModels",
        "ListPipelineExecutions",
        "ListPipelines",
        "ListProcessingJobs",
        "ListTrainingJobs",
    ],
}


# What the platform records of itself; functions' and models' logs are not among it.
RECORDS = ("api-access", "flow-logs", "trail")


def auditor(account: Account, *, name: str) -> list[Statement]:
    """Reads settings and the trail of the whole account, and the platform's records; changes nothing."""
    actions = [f"{service}:{action}" for service, its in AUDITED.items() for action in its]
    records = [arn for record in RECORDS for arn in account.log_group(f"/{name}/{record}")]
    return [
        Statement("Read", actions, ["*"], because=Because.READ_ONLY),
        Statement("Records", ["logs:FilterLogEvents"], records, because=Because.VERSIONS),
    ]
