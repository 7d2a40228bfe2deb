"""What Application Auto Scaling refuses, before moto records it."""

import functools
from collections.abc import Callable
from typing import Any

import botocore.session

from local.sagemaker import endpoint_configs
from local.sagemaker.autoscaling import metrics, records, schedules
from local.sagemaker.errors import ApiError, unsupported, validation
from local.sagemaker.operations import Call, perform
from local.sagemaker.shapes import check_shape
from local.sagemaker.state import Region

Params = dict[str, Any]
_SUPPORTED = frozenset(
    {
        *("RegisterScalableTarget", "DeregisterScalableTarget", "DescribeScalableTargets"),
        *("PutScalingPolicy", "DeleteScalingPolicy", "DescribeScalingPolicies"),
        *("PutScheduledAction", "DeleteScheduledAction", "DescribeScheduledActions"),
        "DescribeScalingActivities",
    }
)
_NOT_OF_VARIANTS = "The local cloud scales the instances of endpoint variants."


@functools.cache
def model() -> Any:
    """Return the service's API model."""
    return botocore.session.get_session().get_service_model("application-autoscaling")


def check(operation: str, params: Params, region: Region) -> None:
    """Raise the service's error unless the request can be carried out."""
    if operation not in _SUPPORTED:
        known = operation in model().operation_names
        told = "Application Auto Scaling has this operation, the local cloud does not" if known else "unknown"
        raise ApiError("UnknownOperationException", f"{operation}: {told}. See docs/local.md.")
    check_shape(params, model().operation_model(operation).input_shape)
    if params.get("ServiceNamespace", records.NAMESPACE) != records.NAMESPACE:
        raise unsupported(f"ServiceNamespace {params['ServiceNamespace']}", _NOT_OF_VARIANTS)
    if params.get("ScalableDimension", records.DIMENSION) != records.DIMENSION:
        raise unsupported(f"ScalableDimension {params['ScalableDimension']}", _NOT_OF_VARIANTS)
    if operation in _CHECKS:
        _CHECKS[operation](params, region)


def _registration(params: Params, region: Region) -> None:
    if params.get("Tags"):
        raise unsupported("Tags of a scalable target", "Leave them out for the environment `local`.")
    known = records.target(region, params["ResourceId"])
    low = params.get("MinCapacity", known.min_capacity if known else None)
    high = params.get("MaxCapacity", known.max_capacity if known else None)
    if low is None or high is None:
        raise validation("MinCapacity and MaxCapacity are required when a new scalable target is registered.")
    if low < 0 or high < low:
        raise validation("Maximum capacity cannot be less than minimum capacity")
    _scalable_variant(params["ResourceId"], region)


def _scalable_variant(resource: str, region: Region) -> None:
    """AWS checks that the variant exists and that its instances are not burstable."""
    named = records.variant_of(resource)
    if named is None:
        raise validation(f"Unsupported resource ID {resource}: give endpoint/ENDPOINT/variant/VARIANT.")
    endpoint, name = named
    described = perform(Call("DescribeEndpoint", {"EndpointName": endpoint}, {}, region))
    configuration = endpoint_configs.table(region)[described["EndpointConfigName"]]
    variant = next((v for v in configuration["ProductionVariants"] if v["VariantName"] == name), None)
    if variant is None:
        raise validation(f'Variant "{name}" of endpoint "{endpoint}" not found.')
    kind = str(variant.get("InstanceType") or "")
    if not kind:
        raise unsupported(f"Scaling of variant {name} without instances", _NOT_OF_VARIANTS)
    if kind.startswith("ml.t"):
        raise validation(f"Automatic scaling does not support burstable instances such as {kind} of variant {name}.")


def _registered(params: Params, region: Region) -> None:
    if records.target(region, params["ResourceId"]) is None:
        raise ApiError(
            "ObjectNotFoundException",
            f"No scalable target registered for service namespace: {records.NAMESPACE}, resource ID: "
            f"{params['ResourceId']}, scalable dimension: {records.DIMENSION}",
        )


def _policy(params: Params, region: Region) -> None:
    _registered(params, region)
    known = records.policy(region, params["ResourceId"], params["PolicyName"])
    kind = params.get("PolicyType") or (known.policy_type if known else "StepScaling")
    if kind == "TargetTrackingScaling" and params.get("TargetTrackingScalingPolicyConfiguration"):
        metrics.metric_of(params["ResourceId"], params["TargetTrackingScalingPolicyConfiguration"])
    elif kind == "StepScaling" and params.get("StepScalingPolicyConfiguration"):
        if not params["StepScalingPolicyConfiguration"].get("StepAdjustments"):
            raise validation("At least one step adjustment is required for a StepScaling policy.")
    else:
        raise unsupported(f"PolicyType {kind} without its configuration", "Use TargetTrackingScaling or StepScaling.")


def _action(params: Params, region: Region) -> None:
    _registered(params, region)
    if not params.get("Schedule") or not params.get("ScalableTargetAction"):
        raise validation("Schedule and ScalableTargetAction are required for a scheduled action.")
    schedules.check(params["Schedule"], params.get("Timezone"))


def _existing_action(params: Params, region: Region) -> None:
    found = records.scheduled_actions(region, params["ResourceId"])
    if params["ScheduledActionName"] not in [action.scheduled_action_name for action in found]:
        raise ApiError(
            "ObjectNotFoundException",
            f"No scheduled action found for service namespace: {records.NAMESPACE}, resource ID: "
            f"{params['ResourceId']}, scalable dimension: {records.DIMENSION}, scheduled action name: "
            f"{params['ScheduledActionName']}",
        )


def _activities(params: Params, region: Region) -> None:
    if params.get("IncludeNotScaledActivities"):
        raise unsupported("IncludeNotScaledActivities", "Only activities that changed something are kept.")


_CHECKS: dict[str, Callable[[Params, Region], None]] = {
    "RegisterScalableTarget": _registration,
    "PutScalingPolicy": _policy,
    "PutScheduledAction": _action,
    "DeleteScheduledAction": _existing_action,
    "DescribeScalingActivities": _activities,
}
