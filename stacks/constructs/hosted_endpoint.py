"""A SageMaker endpoint and its guarded roll-out."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker

from config.schema import Endpoint, Rollout
from stacks.constructs.scaling_arguments import starts_from_zero

_Endpoint = sagemaker.CfnEndpoint


class HostedEndpoint:
    """Its name is fixed, so that alarms, API and roles can name it before it exists. `alarms`: names.

    Without instances there is no guarded roll-out: SageMaker has none for serverless endpoints.
    """

    def __init__(
        self,
        stack: cdk.Stack,
        *,
        endpoint: str,
        settings: Endpoint,
        logical_id: str,
        configuration: str,
        alarms: Sequence[str],
    ) -> None:
        reset = ["DataCaptureConfig"]
        if any(its.scaling and starts_from_zero(its.scaling) for its in settings.variants.values()):
            # A fleet of no instance would be released without one container having started.
            reset.append("DesiredInstanceCount")
        self.resource = _Endpoint(
            stack,
            logical_id,
            endpoint_name=endpoint,
            endpoint_config_name=configuration,
            deployment_config=_deployment(settings.rollout, alarms) if settings.is_guarded else None,
            # An update keeps the instances that scaling added and the weights that a person shifted. The API says of
            # DataCaptureConfig that it is not supported yet: `ops verify` finds a share that an update kept.
            retain_all_variant_properties=True,
            exclude_retained_variant_properties=[
                _Endpoint.VariantPropertyProperty(variant_property_type=type) for type in reset
            ],
        )
        self.id = logical_id

    def waits_for(self, *ids: str) -> None:
        """For resources, by their logical ids, that it names as text or not at all. The alarms are among them."""
        self.resource.add_override("DependsOn", list(ids))


def _deployment(rollout: Rollout, alarms: Sequence[str]) -> _Endpoint.DeploymentConfigProperty:
    """Blue/green with automatic rollback."""
    size = _Endpoint.CapacitySizeProperty(type="CAPACITY_PERCENT", value=rollout.percent)
    routing = _Endpoint.TrafficRoutingConfigProperty(
        type=rollout.kind.upper(),
        wait_interval_in_seconds=rollout.bake_minutes * 60,
        canary_size=size if rollout.kind == "canary" else None,
        linear_step_size=size if rollout.kind == "linear" else None,
    )
    return _Endpoint.DeploymentConfigProperty(
        blue_green_update_policy=_Endpoint.BlueGreenUpdatePolicyProperty(
            traffic_routing_configuration=routing,
            maximum_execution_timeout_in_seconds=rollout.longest_seconds,
            termination_wait_in_seconds=rollout.termination_wait_seconds,
        ),
        auto_rollback_configuration=_Endpoint.AutoRollbackConfigProperty(
            alarms=[_Endpoint.AlarmProperty(alarm_name=alarm) for alarm in alarms]
        ),
    )
