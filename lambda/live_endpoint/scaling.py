"""The scalable target of one variant: taken away, and registered again with its policies and schedules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from live_endpoint.arguments import typed
from live_endpoint.properties import Variant

_DIMENSION = "sagemaker:variant:DesiredInstanceCount"


class Scaling:
    """Application Auto Scaling, by boto3's client, for one endpoint's variants. Repeating a call changes nothing."""

    def __init__(self, autoscaling: Any, endpoint: str) -> None:
        self._autoscaling = autoscaling
        self._endpoint = endpoint

    def release(self, variant: str) -> None:
        """Deregister the variant, with which its policies and schedules go; one that is not registered stays so."""
        try:
            self._autoscaling.deregister_scalable_target(**self._target(variant))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ObjectNotFoundException":
                raise

    def register(self, variant: str, its: Variant) -> None:
        """Register the variant again between its limits, with the policies and schedules that are given of it.

        Without tags: what CloudFormation gave it is gone until the stack's tags or the target's properties change.
        """
        target = self._target(variant)
        self._autoscaling.register_scalable_target(**target, MinCapacity=its.minimum, MaxCapacity=its.maximum)
        for policy in its.policies:
            self._autoscaling.put_scaling_policy(**target, **self._typed("PutScalingPolicy", policy))
        for schedule in its.schedules:
            self._autoscaling.put_scheduled_action(**target, **self._typed("PutScheduledAction", schedule))

    def _target(self, variant: str) -> dict[str, str]:
        return {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{self._endpoint}/variant/{variant}",
            "ScalableDimension": _DIMENSION,
        }

    def _typed(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        shape = self._autoscaling.meta.service_model.operation_model(operation).input_shape
        found: dict[str, Any] = typed(arguments, shape, operation)
        return found
