"""A release: the reconciler that asks CloudFormation for it, and the narrow role that CloudFormation does it with."""

from __future__ import annotations

from stacks.permissions.conditions import FOR_SERVICES, tagged
from stacks.permissions.pipeline import TO_SAGEMAKER
from stacks.permissions.statement import Because, Conditions, Statement
from stacks.values.account import Account
from stacks.values.hosted import HostedNames
from stacks.values.placement import Placement

READ_ROLE = ["GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies"]


def release(account: Account, hosted: HostedNames, placement: Placement) -> list[Statement]:
    """CloudFormation may touch this endpoint's models, configuration, alarms, endpoint and scaling, and nothing else.

    What it makes is isolated, in the VPC, encrypted and of the configured machines, whatever the template says; what is
    serverless, for which SageMaker has none of these, is that and has no machines.
    """
    models, configurations = _models(account, hosted), _configurations(account, hosted)
    endpoint = account.arn("sagemaker", f"endpoint/{hosted.endpoint}")
    everything = [*models, configurations, endpoint]
    packages = _packages(account, hosted)
    made = [f"Create{noun}" for noun in ("Endpoint", "EndpointConfig", "Model")]
    names = Because.GENERATED_NAMES
    update = ["sagemaker:CreateEndpoint", *_afterwards("Endpoint"), "sagemaker:UpdateEndpoint"]
    return [
        # Tags come with what is made: a release gives and takes none afterwards.
        Statement("Tag", ["sagemaker:AddTags"], everything, {"StringEquals": {"sagemaker:TaggingAction": made}}, names),
        Statement("ReadTags", ["sagemaker:ListTags"], everything, because=names),
        # A model made from a package is authorised on the package as well.
        Statement(
            "CreateModels",
            ["sagemaker:CreateModel"],
            [*models, *packages, *hosted.packages],
            _isolated(hosted, placement),
            names,
        ),
        Statement("Models", _afterwards("Model"), models, because=names),
        Statement("Configure", ["sagemaker:CreateEndpointConfig"], [configurations], _machines(hosted), names),
        Statement("Configurations", _afterwards("EndpointConfig"), [configurations], because=names),
        # SageMaker authorises an endpoint's creation and update on its configuration as well.
        Statement("Endpoint", update, [endpoint, configurations], because=names),
        *_with_packages("Packages", ["sagemaker:DescribeModelPackage"], packages),
        *([Statement("FixedPackages", ["sagemaker:DescribeModelPackage"], hosted.packages)] if hosted.packages else []),
        Statement("PassHostingRoles", ["iam:PassRole"], hosted.hosting_roles, TO_SAGEMAKER),
        # CloudFormation reads the roles again, because the models refer to their ARNs: the type's whole read handler.
        Statement("ReadHostingRoles", [f"iam:{verb}" for verb in READ_ROLE], hosted.hosting_roles),
        *_volume_key(hosted),
        *_alarms(account, hosted),
        # Custom resources do what CloudFormation cannot: lambda/live_endpoint.
        Statement("LiveEndpoint", ["lambda:InvokeFunction"], [hosted.live_function]),
        *_scaling(account, hosted),
    ]


def _alarms(account: Account, hosted: HostedNames) -> list[Statement]:
    """Alarms are named after the configuration that they watch, so each release makes its own.

    SageMaker checks that whoever gives a deployment rollback alarms may see them.
    """
    own = [account.arn("cloudwatch", f"alarm:{hosted.configuration_id}-*")]
    verbs = ["DeleteAlarms", "ListTagsForResource", "PutMetricAlarm", "TagResource"]
    make = [f"cloudwatch:{verb}" for verb in verbs]
    return [
        Statement("SeeAlarms", ["cloudwatch:DescribeAlarms"], ["*"], because=Because.NO_RESOURCE_LEVEL),
        Statement("RollbackAlarms", make, own, because=Because.GENERATED_NAMES),
    ]


def _isolated(hosted: HostedNames, placement: Placement) -> Conditions:
    """A key that is absent from the request fails each of these: the set operators need the Null for that."""
    if hosted.serverless:
        return {"Null": {"sagemaker:VpcSubnets": "true"}}
    sets = {
        "sagemaker:VpcSubnets": placement.subnet_ids,
        "sagemaker:VpcSecurityGroupIds": [placement.security_group_id],
    }
    return {
        "ForAllValues:StringEquals": sets,
        "Null": dict.fromkeys(sets, "false"),
        "Bool": {"sagemaker:NetworkIsolation": "true"},
    }


def _machines(hosted: HostedNames) -> Conditions:
    types = "sagemaker:InstanceTypes"
    if hosted.serverless:
        return {"Null": {types: "true", "sagemaker:ServerlessMemorySize": "false"}}
    key = {"ArnEquals": {"sagemaker:VolumeKmsKeyArn": hosted.volume_key}} if hosted.volume_key else {}
    return {"ForAllValues:StringEquals": {types: hosted.instance_types}, "Null": {types: "false"}, **key}


def _volume_key(hosted: HostedNames) -> list[Statement]:
    if hosted.volume_key is None:
        return []
    return [
        Statement("Key", ["kms:DescribeKey"], [hosted.volume_key]),
        Statement("VolumeKey", ["kms:CreateGrant"], [hosted.volume_key], FOR_SERVICES),
    ]


def _scaling(account: Account, hosted: HostedNames) -> list[Statement]:
    """A scalable target's ARN is an opaque id, so this is limited to SageMaker's, not to one's.

    Target tracking's alarms are made by Application Auto Scaling and named after the scaled resource. Tagging knows no
    service namespace: the tags that it gives, which are the stack's, are its limit.
    """
    endpoint = hosted.endpoint
    reads = ["DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScheduledActions", "ListTagsForResource"]
    writes = ["DeleteScalingPolicy", "DeleteScheduledAction", "DeregisterScalableTarget"]
    writes += ["PutScalingPolicy", "PutScheduledAction", "RegisterScalableTarget"]
    scale = [f"application-autoscaling:{verb}" for verb in writes]
    targets = account.arn("application-autoscaling", "scalable-target/*")
    of_sagemaker = {"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}}
    alarms = account.arn("cloudwatch", f"alarm:TargetTracking-endpoint/{endpoint}/*")
    domain = "sagemaker.application-autoscaling.amazonaws.com"
    linked = account.global_arn(
        "iam", f"role/aws-service-role/{domain}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    )
    read = [*(f"application-autoscaling:{verb}" for verb in reads), "cloudwatch:GetMetricData"]
    given = tagged("aws:RequestTag", hosted.prefix, hosted.environment)
    capacity = ["sagemaker:UpdateEndpointWeightsAndCapacities"]
    for_scaling = {"StringEquals": {"iam:AWSServiceName": domain}}
    names = Because.GENERATED_NAMES
    return [
        Statement("ReadScaling", read, ["*"], because=Because.NO_RESOURCE_LEVEL),
        Statement("Scaling", scale, [targets], of_sagemaker, because=names),
        Statement("TagTargets", ["application-autoscaling:TagResource"], [targets], given, because=names),
        # Registering a target is refused to a caller that could not set the capacity itself.
        Statement("Capacity", capacity, [account.arn("sagemaker", f"endpoint/{endpoint}")]),
        Statement("ScalingAlarms", ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"], [alarms], because=names),
        Statement("ScalingServiceRole", ["iam:CreateServiceLinkedRole"], [linked], for_scaling),
    ]


def reconciler(account: Account, hosted: HostedNames, release_role: str) -> list[Statement]:
    """The function itself can make nothing: it may update this endpoint's stack, as the release role.

    What releases left behind it may delete. SageMaker would let it delete what an endpoint runs on as well: the
    function's janitor looks first.
    """
    id = hosted.endpoint.title().replace("-", "")
    stacks = [account.arn("cloudformation", f"stack/{hosted.stack}/*")]
    reads = ["DescribeStackEvents", "DescribeStackResource", "DescribeStacks", "ListStackResources"]
    read = [f"cloudformation:{verb}" for verb in reads]
    live = [account.arn("sagemaker", f"endpoint/{hosted.endpoint}")]
    only_as = {"StringEquals": {"cloudformation:RoleArn": release_role}}
    to_cloudformation = {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}
    # It may take a package out of the running, but approve none.
    reject = {"StringEquals": {"sagemaker:ModelApprovalStatus": "Rejected"}}
    versions, names = Because.VERSIONS, Because.GENERATED_NAMES
    groups = [account.arn("sagemaker", f"model-package-group/{group}") for group in hosted.groups]
    alarms = [account.arn("cloudwatch", f"alarm:{hosted.configuration_id}-*")]
    return [
        Statement(f"Read{id}", read, stacks, because=versions),
        Statement(f"Live{id}", ["sagemaker:DescribeEndpoint"], live),
        Statement(f"Models{id}", _afterwards("Model"), _models(account, hosted), because=names),
        Statement(
            f"Configurations{id}", _afterwards("EndpointConfig"), [_configurations(account, hosted)], because=names
        ),
        # A deleted alarm's history too: CloudFormation takes the alarms away when it rolls back.
        Statement(f"Alarms{id}", ["cloudwatch:DescribeAlarmHistory"], alarms, because=names),
        *([Statement(f"Pauses{id}", ["sagemaker:ListTags"], groups)] if groups else []),
        Statement(f"Update{id}", ["cloudformation:UpdateStack"], stacks, only_as, because=versions),
        Statement(f"Pass{id}", ["iam:PassRole"], [release_role], to_cloudformation),
        *_with_packages(f"Reject{id}", ["sagemaker:UpdateModelPackage"], _packages(account, hosted), reject),
    ]


def _with_packages(
    sid: str, actions: list[str], packages: list[str], conditions: Conditions | None = None
) -> list[Statement]:
    """Nothing where an endpoint has no model package group."""
    return [Statement(sid, actions, packages, conditions or {}, because=Because.VERSIONS)] if packages else []


def find() -> list[Statement]:
    """What names no resource: the function lists what belongs to its endpoints, and sees their alarms."""
    lists = [f"sagemaker:List{noun}" for noun in ("EndpointConfigs", "ModelPackages", "Models")]
    see = ["cloudwatch:DescribeAlarms"]
    none = Because.NO_RESOURCE_LEVEL
    return [Statement("Find", lists, ["*"], because=none), Statement("SeeAlarms", see, ["*"], because=none)]


def tell(topic: str, key: str) -> list[Statement]:
    """The operators: `topic` and the key that it is encrypted with, by their ARNs."""
    return [
        Statement("Tell", ["sns:Publish"], [topic]),
        Statement("TopicKey", ["kms:Decrypt", "kms:GenerateDataKey"], [key]),
    ]


def _models(account: Account, hosted: HostedNames) -> list[str]:
    return [account.arn("sagemaker", f"model/{id}-*") for id in hosted.model_ids.values()]


def _configurations(account: Account, hosted: HostedNames) -> str:
    return account.arn("sagemaker", f"endpoint-config/{hosted.configuration_id}-*")


def _packages(account: Account, hosted: HostedNames) -> list[str]:
    return [account.arn("sagemaker", f"model-package/{group}/*") for group in hosted.groups]


def _afterwards(noun: str) -> list[str]:
    return [f"sagemaker:{verb}{noun}" for verb in ("Delete", "Describe")]
