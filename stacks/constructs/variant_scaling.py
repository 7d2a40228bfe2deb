"""How the instances of production variants follow their load and their schedules."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from config.schema import Endpoint, Scaling
from stacks.constructs.naming import construct_id
from stacks.constructs.scaling_arguments import NAMESPACE, policies, schedules


class VariantScaling:
    """Between bounds of each variant's instances, to hold a metric at its target. `alarm` prefixes an alarm's name."""

    def __init__(self, stack: cdk.Stack, *, endpoint: str, settings: Endpoint, alarm: str) -> None:
        self._targets: list[cdk.CfnResource] = []
        self._policies: list[cdk.CfnResource] = []
        self._alarms: list[cdk.CfnResource] = []
        self._stack, self._endpoint, self._alarm = stack, endpoint, alarm
        for variant, its in settings.variants.items():
            if its.scaling:
                self._scale(variant, its.instance_type, its.scaling)

    @property
    def resources(self) -> list[cdk.CfnResource]:
        """All of them."""
        return [*self._targets, *self._policies, *self._alarms]

    def waits_for(self, id: str) -> None:
        """By logical id: targets wait for what registers them again. CloudFormation updates only what is there."""
        for target in self._targets:
            target.add_override("DependsOn", id)

    def _scale(self, variant: str, instance_type: str, settings: Scaling) -> None:
        id = construct_id(variant)
        bounds = {"MinCapacity": settings.min, "MaxCapacity": settings.max}
        scheduled = {"ScheduledActions": schedules(settings)} if settings.schedules else {}
        variant_of = {"ServiceNamespace": "sagemaker", "ResourceId": f"endpoint/{self._endpoint}/variant/{variant}"}
        target = f"{id}Target"
        dimension = {"ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
        self._targets.append(
            self._resource(target, "ScalableTarget", {**variant_of, **dimension, **bounds, **scheduled})
        )
        of_target = {"ScalingTargetId": {"Ref": target}}
        made = [
            self._resource(f"{id}Policy{number or ''}", "ScalingPolicy", {**of_target, **arguments})
            for number, arguments in enumerate(policies(self._endpoint, variant, instance_type, settings))
        ]
        self._policies += made
        self._alarms += [self._backlog(variant, policy) for policy in made[1:]]

    def _resource(self, id: str, kind: str, properties: dict[str, Any]) -> cdk.CfnResource:
        return cdk.CfnResource(self._stack, id, type=f"AWS::ApplicationAutoScaling::{kind}", properties=properties)

    def _backlog(self, variant: str, policy: cdk.CfnResource) -> cdk.CfnResource:
        return cloudwatch.CfnAlarm(
            self._stack,
            f"{construct_id(variant)}BacklogAlarm",
            alarm_name=f"{self._alarm}-{variant}-backlog",
            alarm_description=f"{self._endpoint}/{variant}: requests wait, and no instance runs",
            namespace=NAMESPACE,
            metric_name="HasBacklogWithoutCapacity",
            statistic="Average",
            dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name="EndpointName", value=self._endpoint)],
            period=60,
            evaluation_periods=1,
            threshold=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[policy.ref],
        )
