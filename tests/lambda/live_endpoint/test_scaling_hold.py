"""`Custom::ScalingHold`: a variant whose instance type changes is no scalable target while the endpoint is updated."""

from __future__ import annotations

from typing import Any

import pytest

from .entered import BACK, HOLD, ONWARD, Entered, request
from .stubs import runs_on, target

LARGE, SMALL = "ml.c6i.2xlarge", "ml.m5.large"


def variant(instance_type: str, **more: Any) -> dict[str, Any]:
    return {"InstanceType": instance_type, "Min": "2", "Max": "8", **more}


def fixed(instance_type: str) -> dict[str, Any]:
    return {"InstanceType": instance_type}


def registered(function: Entered, name: str) -> None:
    function.autoscaling.add_response(
        "register_scalable_target", {}, {**target(name), "MinCapacity": 2, "MaxCapacity": 8}
    )


def should_release_only_the_variants_whose_instance_type_is_going_to_change(function: Entered) -> None:
    function.stack(ONWARD)
    function.autoscaling.add_response("deregister_scalable_target", {}, target("linear"))
    old = {"linear": variant(SMALL), "xgboost": variant(SMALL)}
    new = {"linear": variant(LARGE), "xgboost": variant(SMALL, Max="9")}
    assert function.handle(request(HOLD, new=new, old=old))["Status"] == "SUCCESS"


@pytest.mark.parametrize("instance_type", [LARGE, SMALL])
def should_release_a_variant_that_will_scale_no_more(function: Entered, instance_type: str) -> None:
    """CloudFormation would deregister it after the endpoint, which SageMaker refuses with another type."""
    function.stack(ONWARD)
    function.autoscaling.add_response("deregister_scalable_target", {}, target("linear"))
    event = request(HOLD, new={"linear": fixed(instance_type)}, old={"linear": variant(SMALL)})
    assert function.handle(event)["Status"] == "SUCCESS"


def should_leave_a_variant_that_begins_to_scale_to_its_own_target(function: Entered) -> None:
    """CloudFormation's creation would meet one that is there."""
    function.stack(ONWARD)
    event = request(HOLD, new={"linear": variant(SMALL)}, old={"linear": fixed(SMALL)})
    assert function.handle(event)["Status"] == "SUCCESS"


def should_take_a_target_that_is_not_registered_for_released(function: Entered) -> None:
    """Repeating it does no harm."""
    function.stack(ONWARD)
    function.autoscaling.add_client_error("deregister_scalable_target", "ObjectNotFoundException", "no such target")
    event = request(HOLD, new={"linear": variant(LARGE)}, old={"linear": variant(SMALL)})
    assert function.handle(event)["Status"] == "SUCCESS"


@pytest.mark.parametrize("old", [variant(LARGE), fixed(LARGE), fixed(SMALL)])
def should_register_again_what_the_endpoint_is_back_on_with_its_policies_and_schedules(
    function: Entered, old: dict[str, Any]
) -> None:
    """CloudFormation rolls back: the old properties come as the new ones, and the endpoint runs on them already."""
    policy = {
        "PolicyName": "p",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": "4.5",
            "ScaleInCooldown": "300",
            "DisableScaleIn": "false",
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        },
    }
    schedule = {
        "ScheduledActionName": "evening",
        "Schedule": "cron(0 19 ? * MON-FRI *)",
        "ScalableTargetAction": {"MinCapacity": "1", "MaxCapacity": "1"},
    }
    function.stack(BACK)
    runs_on(function.sagemaker, linear=SMALL)
    registered(function, "linear")
    stub = function.autoscaling
    tracking = {
        "TargetValue": 4.5,
        "ScaleInCooldown": 300,
        "DisableScaleIn": False,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    }
    stub.add_response(
        "put_scaling_policy",
        {"PolicyARN": "arn"},
        {**policy, **target("linear"), "TargetTrackingScalingPolicyConfiguration": tracking},
    )
    limits = {"MinCapacity": 1, "MaxCapacity": 1}
    stub.add_response("put_scheduled_action", {}, {**schedule, **target("linear"), "ScalableTargetAction": limits})
    new = {"linear": variant(SMALL, Policies=[policy], Schedules=[schedule])}
    assert function.handle(request(HOLD, new=new, old={"linear": old}))["Status"] == "SUCCESS"


def should_release_before_going_back_where_the_endpoint_runs_on_the_new_type(function: Entered) -> None:
    """Something after the endpoint failed: CloudFormation is going to change the type once more."""
    function.stack(BACK)
    runs_on(function.sagemaker, linear=LARGE)
    function.autoscaling.add_response("deregister_scalable_target", {}, target("linear"))
    event = request(HOLD, new={"linear": variant(SMALL)}, old={"linear": variant(LARGE)})
    assert function.handle(event)["Status"] == "SUCCESS"


def should_release_where_there_is_no_endpoint(function: Entered) -> None:
    function.stack(BACK)
    function.sagemaker.add_client_error("describe_endpoint", "ValidationException", 'Could not find endpoint "x".')
    function.autoscaling.add_response("deregister_scalable_target", {}, target("linear"))
    event = request(HOLD, new={"linear": variant(LARGE)}, old={"linear": variant(SMALL)})
    assert function.handle(event)["Status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ({"linear": variant(SMALL, Min="3")}, {"linear": variant(SMALL)}),
        ({"linear": variant(SMALL), "added": variant(LARGE)}, {"linear": variant(SMALL)}),
        ({"linear": variant(SMALL)}, {"linear": variant(SMALL), "removed": variant(LARGE)}),
        ({"linear": fixed(LARGE)}, {"linear": fixed(SMALL)}),
        ({"linear": {}}, {"linear": {}}),
    ],
)
def should_do_nothing_where_no_instance_type_changes(
    function: Entered, new: dict[str, Any], old: dict[str, Any]
) -> None:
    assert function.handle(request(HOLD, new=new, old=old))["Status"] == "SUCCESS"


def should_say_which_limits_are_missing(function: Entered) -> None:
    event = request(HOLD, new={"linear": {"InstanceType": SMALL, "Min": "2"}}, old={"linear": variant(LARGE)})
    answer = function.handle(event)
    assert answer["Status"] == "FAILED"
    assert "Variants.linear is {'InstanceType': 'ml.m5.large', 'Min': '2'}; it must be with both" in answer["Reason"]
