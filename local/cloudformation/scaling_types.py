"""AWS::ApplicationAutoScaling types: targets and policies of endpoint variants.

As CloudFormation's own handlers: what is to be made must not be there yet, and what is to be updated must be, a target
by its variant and a policy by its ARN. Application Auto Scaling's API would take either for the other.
"""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError

from local.cloudformation import operations
from local.cloudformation.shapes import parameters
from local.hooks import register_cfn_type

Properties = dict[str, Any]
Result = tuple[str, dict[str, Any]]

_SERVICE = "application-autoscaling"
_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
_POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
_SCHEDULES = "ScheduledActions"
_IDENTITY = ("ResourceId", "ScalableDimension", "ServiceNamespace")
_GONE = re.compile(r"No scalable target|No scaling policy|ObjectNotFound", re.IGNORECASE)


def _identity(target_id: str) -> dict[str, str]:
    return dict(zip(_IDENTITY, target_id.split("|"), strict=True))


def _put_target(properties: Properties, old: Properties) -> Result:
    """A change of the schedules alone leaves the bounds that a schedule has set."""
    plain, before = (
        {name: value for name, value in given.items() if name != _SCHEDULES} for given in (properties, old)
    )
    if plain != before:
        arguments = parameters(_SERVICE, "RegisterScalableTarget", plain, _TARGET)
        operations.client(_SERVICE).register_scalable_target(**arguments)
    identity = {name: properties[name] for name in _IDENTITY}
    _put_schedules(identity, properties.get(_SCHEDULES) or [], old.get(_SCHEDULES) or [])
    target_id = "|".join(identity.values())
    return target_id, {"Id": target_id}


def _put_schedules(identity: dict[str, str], wanted: list[Properties], old: list[Properties]) -> None:
    names = {action["ScheduledActionName"] for action in wanted}
    for action in wanted:
        if action not in old:
            arguments = parameters(_SERVICE, "PutScheduledAction", {**identity, **action}, f"{_TARGET}.{_SCHEDULES}")
            operations.client(_SERVICE).put_scheduled_action(**arguments)
    for action in old:
        if action["ScheduledActionName"] not in names:
            gone = {**identity, "ScheduledActionName": action["ScheduledActionName"]}
            _ignoring_gone("delete_scheduled_action", gone)


def _create_target(properties: Properties) -> Result:
    if _targets(properties):
        raise ValueError(f"Resource of type '{_TARGET}' with identifier '{properties['ResourceId']}' already exists.")
    return _put_target(properties, {})


def _update_target(old: Properties, new: Properties) -> Result:
    if not _targets(new):
        raise ValueError(f"Resource of type '{_TARGET}' with identifier '{new['ResourceId']}' was not found.")
    return _put_target(new, old)


def _targets(properties: Properties) -> list[dict[str, Any]]:
    """The variant's registered target, if there is one."""
    found: list[dict[str, Any]] = operations.client(_SERVICE).describe_scalable_targets(
        ServiceNamespace=properties["ServiceNamespace"], ResourceIds=[properties["ResourceId"]]
    )["ScalableTargets"]
    return found


def _delete_target(physical_id: str, properties: Properties) -> None:
    _ignoring_gone("deregister_scalable_target", _identity(physical_id))


def _policy_arguments(properties: Properties) -> dict[str, Any]:
    """ScalingTargetId stands for the three properties that identify a target in the API."""
    plain = {name: value for name, value in properties.items() if name != "ScalingTargetId"}
    if "ScalingTargetId" in properties:
        plain |= _identity(properties["ScalingTargetId"])
    return parameters(_SERVICE, "PutScalingPolicy", plain, _POLICY)


def _put_policy(properties: Properties) -> Result:
    answer = operations.client(_SERVICE).put_scaling_policy(**_policy_arguments(properties))
    return answer["PolicyARN"], {"Arn": answer["PolicyARN"]}


def _create_policy(properties: Properties) -> Result:
    arn = _policy_arn(properties)
    if arn:
        raise ValueError(f"Resource of type '{_POLICY}' with identifier '{arn}' already exists.")
    return _put_policy(properties)


def _update_policy(physical_id: str, properties: Properties) -> Result:
    if _policy_arn(properties) != physical_id:
        raise ValueError(f"Resource of type '{_POLICY}' with identifier '{physical_id}' was not found.")
    return _put_policy(properties)


def _policy_arn(properties: Properties) -> str | None:
    """The ARN of the policy of this name. One that is made again, after its target was away, has another."""
    arguments = _policy_arguments(properties)
    found = operations.client(_SERVICE).describe_scaling_policies(
        ServiceNamespace=arguments["ServiceNamespace"],
        ResourceId=arguments["ResourceId"],
        PolicyNames=[arguments["PolicyName"]],
    )["ScalingPolicies"]
    return next((policy["PolicyARN"] for policy in found), None)


def _delete_policy(physical_id: str, properties: Properties) -> None:
    if _policy_arn(properties) != physical_id:
        return
    arguments = _policy_arguments(properties)
    _ignoring_gone("delete_scaling_policy", {name: arguments[name] for name in ("PolicyName", *_IDENTITY)})


def _ignoring_gone(operation: str, arguments: dict[str, str]) -> None:
    try:
        getattr(operations.client(_SERVICE), operation)(**arguments)
    except ClientError as error:
        if not _GONE.search(str(error)):
            raise


def register() -> None:
    """Provide the types."""
    register_cfn_type(
        _TARGET,
        lambda logical_id, properties, stack_name: _create_target(properties),
        _delete_target,
        lambda physical_id, old, new, stack_name: _update_target(old, new),
        _IDENTITY,
    )
    register_cfn_type(
        _POLICY,
        lambda logical_id, properties, stack_name: _create_policy(properties),
        _delete_policy,
        lambda physical_id, old, new, stack_name: _update_policy(physical_id, new),
        ("PolicyName", "ScalingTargetId", *_IDENTITY),
    )
