"""What an endpoint runs: its variants, their machines, its storage key, and where requests are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker

from config.schema import Endpoint, Shadow, Variant
from stacks.constructs.accepted import ONE_MACHINE, SERVERLESS_STORAGE
from stacks.constructs.acknowledgement import acknowledge
from stacks.permissions.hosting import CAPTURE, async_prefix
from stacks.values.store import Store

_Config = sagemaker.CfnEndpointConfig
# What is kept as text of a request or an answer; everything else is kept in base64.
JSON_TYPES, CSV_TYPES = ["application/json"], ["text/csv"]


class EndpointConfiguration:
    """Replaced by every change. `topics`: of successes and errors; `models`: variant -> name of its model."""

    def __init__(
        self,
        stack: cdk.Stack,
        *,
        endpoint: str,
        logical_id: str,
        settings: Endpoint,
        models: Mapping[str, str],
        volume_key: str | None,
        data: Store,
        topics: Sequence[str],
    ) -> None:
        period = settings.rollout.alarms.period_seconds
        weights = settings.weights
        self.resource = _Config(
            stack,
            logical_id,
            kms_key_id=volume_key,
            production_variants=[
                _variant(name, its, models[name], weights[name]) for name, its in settings.variants.items()
            ],
            shadow_production_variants=[_variant(shadow.name, shadow, models[shadow.name], weights[shadow.name])]
            if (shadow := settings.shadow)
            else None,
            async_inference_config=_asynchronous(endpoint, settings, data, topics),
            data_capture_config=_capture(settings, data),
            # Invocation metrics come each minute unless they are enhanced.
            metrics_config=_Config.MetricsConfigProperty(
                enable_enhanced_metrics=True, metric_publish_frequency_in_seconds=period
            )
            if period < 60
            else None,
        )
        # Like a model: no name, since an endpoint's configuration is replaced, never changed; and not deleted in use.
        self.resource.add_override("UpdateReplacePolicy", "Retain")
        self.resource.add_override("DeletionPolicy", "Delete")
        if any(not its.serverless and its.initial_instances == 1 for its in settings.variants.values()):
            # True where everything runs on one machine; elsewhere control SageMaker.4 fails the review all the same.
            acknowledge(self.resource, ONE_MACHINE)
        if settings.mode == "serverless":
            acknowledge(self.resource, SERVERLESS_STORAGE)
        self.name = self.resource.attr_endpoint_config_name


def _variant(name: str, its: Variant | Shadow, model: str, weight: float) -> _Config.ProductionVariantProperty:
    if isinstance(its, Variant) and its.serverless:
        serverless = _Config.ServerlessConfigProperty(
            memory_size_in_mb=its.serverless.memory_mb,
            max_concurrency=its.serverless.max_concurrency,
            provisioned_concurrency=its.serverless.provisioned_concurrency or None,
        )
        return _Config.ProductionVariantProperty(
            variant_name=name, model_name=model, initial_variant_weight=weight, serverless_config=serverless
        )
    return _Config.ProductionVariantProperty(
        variant_name=name,
        model_name=model,
        initial_variant_weight=weight,
        initial_instance_count=its.initial_instances,
        instance_type=its.instance_type,
        container_startup_health_check_timeout_in_seconds=its.startup_timeout_seconds,
        model_data_download_timeout_in_seconds=its.download_timeout_seconds,
    )


def _asynchronous(endpoint: str, settings: Endpoint, data: Store, topics: Sequence[str]) -> Any:
    if not settings.asynchronous:
        return None
    notify = None
    if topics:
        success, error = topics
        notify = _Config.AsyncInferenceNotificationConfigProperty(success_topic=success, error_topic=error)
    place = f"s3://{data.name}/{async_prefix(endpoint)}"
    output = _Config.AsyncInferenceOutputConfigProperty(
        kms_key_id=data.key,
        s3_output_path=f"{place}output/",
        s3_failure_path=f"{place}failure/",
        notification_config=notify,
    )
    client = _Config.AsyncInferenceClientConfigProperty(
        max_concurrent_invocations_per_instance=settings.asynchronous.max_concurrent_per_instance
    )
    return _Config.AsyncInferenceConfigProperty(client_config=client, output_config=output)


def _capture(settings: Endpoint, data: Store) -> Any:
    """SageMaker adds `/<endpoint>/<variant>/<yyyy>/<mm>/<dd>/<hh>/` to the destination."""
    if not settings.capture:
        return None
    return _Config.DataCaptureConfigProperty(
        enable_capture=True,
        initial_sampling_percentage=settings.capture.percent,
        destination_s3_uri=f"s3://{data.name}/{CAPTURE}",
        kms_key_id=data.key,
        capture_options=[_Config.CaptureOptionProperty(capture_mode=mode) for mode in ("Input", "Output")],
        capture_content_type_header=_Config.CaptureContentTypeHeaderProperty(
            json_content_types=JSON_TYPES, csv_content_types=CSV_TYPES
        ),
    )
