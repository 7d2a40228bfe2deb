"""A change alarm: what each kind of principal may do in dev, read from the templates. On what, other tests say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from review.iam import Deployed
from tests.permissions.reading import actions, kind, roles, statements

Table = dict[str, dict[str, str]]
INTERFACES = (
    "CreateNetworkInterface CreateNetworkInterfacePermission DeleteNetworkInterface DeleteNetworkInterfacePermission "
    "DescribeDhcpOptions DescribeNetworkInterfaces DescribeSecurityGroups DescribeSubnets DescribeVpcs"
)
FUNCTION_INTERFACES = (
    "AssignPrivateIpAddresses CreateNetworkInterface DeleteNetworkInterface DescribeNetworkInterfaces "
    "DescribeSecurityGroups DescribeSubnets DescribeVpcs"
)
FUNCTION = {
    "ec2": f"{FUNCTION_INTERFACES} UnassignPrivateIpAddresses",
    "kms": "Decrypt GenerateDataKey",
    "logs": "CreateLogStream PutLogEvents",
    "sqs": "SendMessage",
    "xray": "PutTelemetryRecords PutTraceSegments",
}
CONTAINER = {
    "cloudwatch": "PutMetricData",
    "ec2": INTERFACES,
    "ecr": "BatchCheckLayerAvailability BatchGetImage GetAuthorizationToken GetDownloadUrlForLayer",
    "kms": "CreateGrant Decrypt DescribeKey GenerateDataKey",
}
JOB = {
    **CONTAINER,
    "logs": "CreateLogGroup CreateLogStream DescribeLogStreams PutLogEvents",
    "s3": "AbortMultipartUpload GetObject ListBucket PutObject",
}
ALLOWED: Table = {
    "api-logs": {
        "logs": "CreateLogGroup CreateLogStream DescribeLogGroups DescribeLogStreams FilterLogEvents GetLogEvents "
        "PutLogEvents"
    },
    "approver": {
        "sagemaker": "DescribeModelPackage DescribeModelPackageGroup ListModelPackageGroups ListModelPackages "
        "UpdateModelPackage"
    },
    "auditor": {
        "access-analyzer": "GetAnalyzer GetFinding ListAnalyzers ListFindings",
        "apigateway": "GET",
        "cloudformation": "DescribeStackEvents DescribeStackResources DescribeStacks GetTemplate ListStacks",
        "cloudtrail": "DescribeTrails GetEventSelectors GetTrailStatus LookupEvents",
        "cloudwatch": "DescribeAlarmHistory DescribeAlarms",
        "ec2": "DescribeFlowLogs DescribeNetworkAcls DescribeRouteTables DescribeSecurityGroups DescribeSubnets "
        "DescribeVpcEndpoints DescribeVpcs",
        "events": "DescribeRule ListRules ListTargetsByRule",
        "iam": "GetPolicy GetPolicyVersion GetRole ListAttachedRolePolicies ListEntitiesForPolicy ListPolicies "
        "ListRoles",
        "kms": "DescribeKey GetKeyPolicy GetKeyRotationStatus ListGrants ListKeys",
        "lambda": "GetFunctionConfiguration GetPolicy ListFunctions",
        "logs": "DescribeLogGroups DescribeMetricFilters FilterLogEvents",
        "s3": "GetBucketLogging GetBucketObjectLockConfiguration GetBucketPolicy GetBucketPublicAccessBlock "
        "GetBucketVersioning GetEncryptionConfiguration GetLifecycleConfiguration ListAllMyBuckets",
        "sagemaker": "DescribeEndpoint DescribeEndpointConfig DescribeModel DescribeModelPackage DescribePipeline "
        "DescribePipelineExecution DescribeProcessingJob DescribeTrainingJob ListEndpoints ListModelPackageGroups "
        "ListModelPackages ListModels ListPipelineExecutions ListPipelines ListProcessingJobs ListTrainingJobs",
    },
    "caller": {"execute-api": "Invoke"},
    "custodian": {"s3": "DeleteObjectVersion ListBucketVersions"},
    "data-scientist": {
        "iam": "PassRole",
        "kms": "CreateGrant Decrypt DescribeKey",
        "logs": "DescribeLogStreams FilterLogEvents GetLogEvents",
        "s3": "GetObject ListBucket",
        "sagemaker": "AddTags CreateProcessingJob CreateTrainingJob DescribeModelPackage DescribeModelPackageGroup "
        "DescribePipeline DescribePipelineExecution DescribeProcessingJob DescribeTrainingJob ListModelPackageGroups "
        "ListModelPackages ListPipelineExecutionSteps ListPipelineExecutions ListPipelineParametersForExecution "
        "ListPipelines ListProcessingJobs ListTrainingJobs StartPipelineExecution StopPipelineExecution "
        "StopProcessingJob StopTrainingJob",
    },
    "evaluation": JOB,
    "experiment": JOB,
    "flow-logs": {"logs": "CreateLogStream DescribeLogStreams PutLogEvents"},
    "front-door": {**FUNCTION, "sagemaker": "DescribeEndpoint InvokeEndpoint"},
    "function default_security_group": {
        **FUNCTION,
        "ec2": f"{FUNCTION_INTERFACES} RevokeSecurityGroupEgress RevokeSecurityGroupIngress UnassignPrivateIpAddresses",
    },
    "function live_endpoint": {
        **FUNCTION,
        "application-autoscaling": "DeregisterScalableTarget PutScalingPolicy PutScheduledAction "
        "RegisterScalableTarget",
        "cloudformation": "DescribeStacks",
        "cloudwatch": "DeleteAlarms DescribeAlarms PutMetricAlarm",
        "iam": "CreateServiceLinkedRole",
        "sagemaker": "DescribeEndpoint DescribeEndpointConfig UpdateEndpointWeightsAndCapacities",
    },
    "function release": {
        **FUNCTION,
        "cloudformation": "DescribeStackEvents DescribeStackResource DescribeStacks ListStackResources UpdateStack",
        "cloudwatch": "DescribeAlarmHistory DescribeAlarms",
        "iam": "PassRole",
        "sagemaker": "DeleteEndpointConfig DeleteModel DescribeEndpoint DescribeEndpointConfig DescribeModel "
        "ListEndpointConfigs ListModelPackages ListModels ListTags UpdateModelPackage",
        "sns": "Publish",
    },
    "function workflow": {
        **FUNCTION,
        "s3": "ListBucket",
        "sagemaker": "DescribeEndpoint DescribeEndpointConfig DescribeModel DescribeModelPackage "
        "ListPipelineExecutions",
    },
    "hosting": {
        **CONTAINER,
        # Seeing: the alarms that end a roll-out.
        "cloudwatch": "DescribeAlarms PutMetricData",
        "logs": "CreateLogGroup CreateLogStream DescribeLogStreams PutLogEvents",
        # Writing: what capture keeps of requests.
        "s3": "AbortMultipartUpload GetObject ListBucket PutObject",
    },
    "pipeline": {
        "ecr": "BatchGetImage DescribeImages",
        "iam": "PassRole",
        "kms": "CreateGrant Decrypt DescribeKey",
        "lambda": "InvokeFunction",
        "s3": "GetObject",
        "sagemaker": "AddTags CreateModelPackage CreateProcessingJob CreateTrainingJob DescribeModelPackage "
        "DescribeModelPackageGroup DescribeProcessingJob DescribeTrainingJob StopProcessingJob StopTrainingJob",
    },
    "pipeline-start": {"sagemaker": "StartPipelineExecution"},
    "processing": JOB,
    "release": {
        "application-autoscaling": "DeleteScalingPolicy DeleteScheduledAction DeregisterScalableTarget "
        "DescribeScalableTargets DescribeScalingPolicies DescribeScheduledActions ListTagsForResource PutScalingPolicy "
        "PutScheduledAction RegisterScalableTarget TagResource",
        "cloudwatch": "DeleteAlarms DescribeAlarms GetMetricData ListTagsForResource PutMetricAlarm TagResource",
        "iam": "CreateServiceLinkedRole GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies PassRole",
        "kms": "CreateGrant DescribeKey",
        "lambda": "InvokeFunction",
        "sagemaker": "AddTags CreateEndpoint CreateEndpointConfig CreateModel DeleteEndpoint DeleteEndpointConfig "
        "DeleteModel DescribeEndpoint DescribeEndpointConfig DescribeModel DescribeModelPackage ListTags "
        "UpdateEndpoint UpdateEndpointWeightsAndCapacities",
    },
    "scan": JOB,
    "trail-logs": {"logs": "CreateLogStream PutLogEvents"},
    "training": JOB,
    "analyst": {"kms": "Decrypt GenerateDataKey", "s3": "GetObject ListBucket PutObject"},
    "uploader": {"kms": "Decrypt GenerateDataKey", "s3": "AbortMultipartUpload PutObject"},
}


def should_allow_each_kind_what_the_table_says(dev: Deployed, deployed: Callable[[str], Deployed]) -> None:
    """In dev, and of the kinds that only a stricter environment has, there."""
    assert {**_allowed(deployed("staging")), **_allowed(dev)} == ALLOWED


def _allowed(cloud: Deployed) -> dict[str, dict[str, str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for role in roles(cloud):
        function = " " + role.properties["Description"].removeprefix("Function ") if kind(role) == "function" else ""
        found[kind(role) + function] |= actions(statements(cloud, role))
    return {name: _by_service(allowed) for name, allowed in found.items()}


def _by_service(allowed: set[str]) -> dict[str, str]:
    verbs: dict[str, list[str]] = defaultdict(list)
    for action in sorted(allowed):
        service, verb = action.split(":")
        verbs[service].append(verb)
    return {service: " ".join(its) for service, its in verbs.items()}
