"""The function that applies to a live endpoint what its update keeps: weights, numbers of instances, scaling."""

from __future__ import annotations

from stacks.permissions.statement import Because, Statement
from stacks.values.account import Account


def live_endpoint(account: Account, endpoint: str, configuration_id: str, stack: str) -> list[Statement]:
    """This endpoint only; scaling is limited to SageMaker's, because a scalable target's ARN is an opaque id."""
    stacks = [account.arn("cloudformation", f"stack/{stack}/*")]
    live = [account.arn("sagemaker", f"endpoint/{endpoint}")]
    configurations = [account.arn("sagemaker", f"endpoint-config/{configuration_id}-*")]
    service = "application-autoscaling"
    writes = ["DeregisterScalableTarget", "PutScalingPolicy", "PutScheduledAction", "RegisterScalableTarget"]
    targets = [account.arn(service, "scalable-target/*")]
    of_sagemaker = {"StringEquals": {f"{service}:service-namespace": "sagemaker"}}
    # Application Auto Scaling makes the alarms of target tracking with the caller's permissions.
    alarms = [account.arn("cloudwatch", f"alarm:TargetTracking-endpoint/{endpoint}/*")]
    domain = "sagemaker.application-autoscaling.amazonaws.com"
    linked = f"role/aws-service-role/{domain}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    return [
        # A stack that goes back gets again what a hold has taken away.
        Statement("SeeStack", ["cloudformation:DescribeStacks"], stacks, because=Because.VERSIONS),
        Statement("See", ["sagemaker:DescribeEndpoint"], live),
        # What machines it runs on, its configuration says.
        Statement("SeeMachines", ["sagemaker:DescribeEndpointConfig"], configurations, because=Because.GENERATED_NAMES),
        Statement("Apply", ["sagemaker:UpdateEndpointWeightsAndCapacities"], live),
        Statement(
            "Scale", [f"{service}:{verb}" for verb in writes], targets, of_sagemaker, because=Because.GENERATED_NAMES
        ),
        Statement(
            "ScalingAlarms",
            ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"],
            alarms,
            because=Because.GENERATED_NAMES,
        ),
        Statement("SeeAlarms", ["cloudwatch:DescribeAlarms"], ["*"], because=Because.NO_RESOURCE_LEVEL),
        Statement(
            "ServiceRole",
            ["iam:CreateServiceLinkedRole"],
            [account.global_arn("iam", linked)],
            {"StringEquals": {"iam:AWSServiceName": domain}},
        ),
    ]
