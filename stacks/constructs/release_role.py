"""The narrow role under which CloudFormation carries out a release of one endpoint."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.constructs.scoped_role import ScopedRole, service


class ReleaseRole(ScopedRole):
    """May touch this endpoint's models, configuration, endpoint and scaling, and nothing else of SageMaker's.

    Models and configurations are named by CloudFormation: `<logical id>-<random>`. A scalable target's ARN is an opaque
    id, so scaling is limited to SageMaker's variants, not to this endpoint's.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        endpoint: str,
        model_ids: list[str],
        configuration_id: str,
        groups: list[str],
        hosting_role: iam.IRole,
        volume_key: kms.IKey,
    ) -> None:
        principal = service("cloudformation.amazonaws.com", cdk.Stack.of(scope))
        super().__init__(scope, id, principal=principal, description=f"Releases {endpoint}")
        models = [self.arn("sagemaker", "model", f"{model}-*") for model in model_ids]
        configurations = self.arn("sagemaker", "endpoint-config", f"{configuration_id}-*")
        endpoints = self.arn("sagemaker", "endpoint", endpoint)
        packages = [self.arn("sagemaker", "model-package", f"{group}/*") for group in groups]
        tags = ["sagemaker:AddTags", "sagemaker:DeleteTags", "sagemaker:ListTags"]
        self.allow("Tags", tags, [*models, configurations, endpoints])
        # A model made from a package is authorised on the package as well.
        self.allow("Models", _actions("Model"), [*models, *packages])
        self.allow("Configurations", _actions("EndpointConfig"), [configurations])
        # SageMaker authorises an endpoint's creation and update on its configuration as well.
        self.allow("Endpoint", [*_actions("Endpoint"), "sagemaker:UpdateEndpoint"], [endpoints, configurations])
        self.allow("Packages", ["sagemaker:DescribeModelPackage"], packages)
        to_sagemaker = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
        self.allow("PassHostingRole", ["iam:PassRole"], [hosting_role.role_arn], to_sagemaker)
        # CloudFormation reads the role again, because the models refer to its ARN.
        self.allow("ReadHostingRole", ["iam:GetRole"], [hosting_role.role_arn])
        self.allow("Key", ["kms:DescribeKey"], [volume_key.key_arn])
        grant = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        self.allow("VolumeKey", ["kms:CreateGrant"], [volume_key.key_arn], grant)
        # A deployment configuration with rollback alarms: SageMaker checks that the caller may see them.
        self.allow("RollbackAlarms", ["cloudwatch:DescribeAlarms"], ["*"])
        self._allow_scaling(endpoint)

    def _allow_scaling(self, endpoint: str) -> None:
        """Target tracking. Its alarms are made by Application Auto Scaling and named after the scaled resource."""
        verbs = [
            "DescribeScalableTargets",
            "DescribeScalingPolicies",
            "DescribeScheduledActions",
            "ListTagsForResource",
        ]
        self.allow("ReadScaling", [f"application-autoscaling:{verb}" for verb in verbs], ["*"])
        verbs = ["DeleteScalingPolicy", "DeregisterScalableTarget", "PutScalingPolicy", "RegisterScalableTarget"]
        actions = [f"application-autoscaling:{verb}" for verb in [*verbs, "TagResource"]]
        dimension = {"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}}
        self.allow("Scaling", actions, [self.arn("application-autoscaling", "scalable-target", "*")], dimension)
        # Registering a target is refused to a caller that could not set the capacity itself.
        capacity = ["sagemaker:UpdateEndpointWeightsAndCapacities"]
        self.allow("Capacity", capacity, [self.arn("sagemaker", "endpoint", endpoint)])
        stack = self.stack
        cloudwatch = f"arn:{stack.partition}:cloudwatch:{stack.region}:{stack.account}"
        alarms = f"{cloudwatch}:alarm:TargetTracking-endpoint/{endpoint}/*"
        self.allow("ScalingAlarms", ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"], [alarms])
        domain = "sagemaker.application-autoscaling.amazonaws.com"
        linked = f"arn:{stack.partition}:iam::{stack.account}:role/aws-service-role/{domain}/*"
        name = {"StringEquals": {"iam:AWSServiceName": domain}}
        self.allow("ScalingServiceRole", ["iam:CreateServiceLinkedRole"], [linked], name)


def _actions(noun: str) -> list[str]:
    return [f"sagemaker:{verb}{noun}" for verb in ("Create", "Delete", "Describe")]
