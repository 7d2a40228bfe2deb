"""Target tracking of one production variant's instances."""

from __future__ import annotations

from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from config.schema import Scaling

METRICS = {
    "concurrency": "SageMakerVariantConcurrentRequestsPerModelHighResolution",
    "invocations": "SageMakerVariantInvocationsPerInstance",
}


class VariantScaling(Construct):
    """Between `settings.min` and `settings.max` instances of the endpoint `name`, to hold the metric at its target."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        endpoint: sagemaker.CfnEndpoint,
        name: str,
        variant: str,
        settings: Scaling,
    ) -> None:
        super().__init__(scope, id)
        self._target = autoscaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace="sagemaker",
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            resource_id=f"endpoint/{name}/variant/{variant}",
            min_capacity=settings.min,
            max_capacity=settings.max,
        )
        # The resource id is text: CloudFormation sees no reference to the endpoint in it.
        self._target.add_resource_dependency(endpoint)
        metric = autoscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
            predefined_metric_type=METRICS[settings.metric]
        )
        tracking = autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=settings.target, predefined_metric_specification=metric
        )
        self._policy = autoscaling.CfnScalingPolicy(
            self,
            "Policy",
            policy_name=f"{name}-{variant}-{settings.metric}",
            policy_type="TargetTrackingScaling",
            scaling_target_id=self._target.ref,
            target_tracking_scaling_policy_configuration=tracking,
        )

    def only_when(self, condition: str) -> None:
        """Scale only while the condition holds."""
        for resource in (self._target, self._policy):
            resource.add_override("Condition", condition)
