"""A real-time endpoint: its configuration, its guarded roll-out and the scaling of its variants."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from config.schema import Rollout, Variant
from stacks.constructs.accepted import ONE_MACHINE
from stacks.constructs.acknowledgement import acknowledge
from stacks.constructs.naming import construct_id
from stacks.constructs.variant_scaling import VariantScaling


@dataclass(frozen=True)
class HostedVariant:
    """One variant: its settings and the model it runs."""

    settings: Variant
    model: sagemaker.CfnModel


class HostedEndpoint(Construct):
    """Exists from the first release on. Its name is fixed, so that alarms, API and roles can name it before."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        configuration_id: str,
        endpoint_id: str,
        variants: dict[str, HostedVariant],
        rollout: Rollout,
        alarms: list[str],
        volume_key: str | None,
        released: str,
    ) -> None:
        super().__init__(scope, id)
        configuration = sagemaker.CfnEndpointConfig(
            self,
            "Configuration",
            kms_key_id=volume_key,
            production_variants=[_production_variant(name, variant) for name, variant in variants.items()],
        )
        # Like a model: no name, since an endpoint's configuration is replaced, never changed; and not deleted in use.
        configuration.override_logical_id(configuration_id)
        if any(variant.settings.scaling.min == 1 for variant in variants.values()):
            # True where everything runs on one machine; elsewhere control SageMaker.4 fails the review all the same.
            acknowledge(configuration, ONE_MACHINE)
        configuration.add_override("UpdateReplacePolicy", "Retain")
        configuration.add_override("DeletionPolicy", "Delete")
        configuration.add_override("Condition", released)
        endpoint = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=name,
            endpoint_config_name=configuration.attr_endpoint_config_name,
            deployment_config=_deployment(rollout, alarms),
            # A release keeps the instances that scaling added; weights are the configuration's.
            retain_all_variant_properties=True,
            exclude_retained_variant_properties=[
                sagemaker.CfnEndpoint.VariantPropertyProperty(variant_property_type=kind)
                for kind in ("DesiredWeight", "DataCaptureConfig")
            ],
        )
        endpoint.override_logical_id(endpoint_id)
        endpoint.add_override("Condition", released)
        for variant_name, variant in variants.items():
            scaling = VariantScaling(
                self,
                construct_id(variant_name),
                endpoint=endpoint,
                name=name,
                variant=variant_name,
                settings=variant.settings.scaling,
            )
            scaling.only_when(released)


def _production_variant(name: str, variant: HostedVariant) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
    return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
        variant_name=name,
        model_name=variant.model.attr_model_name,
        initial_variant_weight=variant.settings.weight,
        initial_instance_count=variant.settings.scaling.min,
        instance_type=variant.settings.instance_type,
        container_startup_health_check_timeout_in_seconds=600,
    )


def _deployment(rollout: Rollout, alarms: list[str]) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
    """Blue/green with automatic rollback."""
    bake = rollout.bake_minutes * 60
    size = sagemaker.CfnEndpoint.CapacitySizeProperty(type="CAPACITY_PERCENT", value=rollout.percent)
    routing = sagemaker.CfnEndpoint.TrafficRoutingConfigProperty(
        type=rollout.kind.upper(),
        wait_interval_in_seconds=bake,
        canary_size=size if rollout.kind == "canary" else None,
        linear_step_size=size if rollout.kind == "linear" else None,
    )
    return sagemaker.CfnEndpoint.DeploymentConfigProperty(
        blue_green_update_policy=sagemaker.CfnEndpoint.BlueGreenUpdatePolicyProperty(
            traffic_routing_configuration=routing,
            maximum_execution_timeout_in_seconds=rollout.longest_seconds,
            termination_wait_in_seconds=0,
        ),
        auto_rollback_configuration=sagemaker.CfnEndpoint.AutoRollbackConfigProperty(
            alarms=[sagemaker.CfnEndpoint.AlarmProperty(alarm_name=alarm) for alarm in alarms]
        ),
    )
