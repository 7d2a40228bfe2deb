"""`Custom::LiveVariants`: what an update of the endpoint kept, but the configuration changed, is applied."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_endpoint.properties import Properties, Variant, read

from .entered import BACK, LIVE, ONWARD, Entered, request
from .stubs import describe, endpoint, target, weigh

SMALL, LARGE = "ml.m5.large", "ml.c6i.2xlarge"


def variant(weight: str, **more: Any) -> dict[str, Any]:
    return {"InstanceType": SMALL, "Weight": weight, "Min": "2", "Max": "8", **more}


def should_set_the_weights_that_changed_and_leave_the_live_ones_of_the_others(function: Entered) -> None:
    endpoint(function.sagemaker, linear=90, xgboost=33)
    weigh(function.sagemaker, linear=70)
    endpoint(function.sagemaker, "Updating", linear=90, xgboost=33)
    endpoint(function.sagemaker, linear=70, xgboost=33)
    old = {"linear": variant("90"), "xgboost": variant("10")}
    new = {"linear": variant("70"), "xgboost": variant("10")}
    assert function.handle(request(LIVE, new=new, old=old))["Status"] == "SUCCESS"
    assert len(function.waited) == 1


def should_ask_for_nothing_that_is_so_already(function: Entered) -> None:
    """A repeated request, and a roll-back after SageMaker went back."""
    endpoint(function.sagemaker, linear=0.1 + 0.2)
    event = request(LIVE, new={"linear": variant("0.3")}, old={"linear": variant("0.4")})
    assert function.handle(event)["Status"] == "SUCCESS"


def should_wait_while_the_endpoint_moves_and_ask_again_when_scaling_was_first(function: Entered) -> None:
    stub = function.sagemaker
    endpoint(stub, "Updating", linear=90)
    endpoint(stub, linear=90)
    stub.add_client_error(
        "update_endpoint_weights_and_capacities", "ValidationException", 'Cannot update in-progress endpoint "x".'
    )
    endpoint(stub, linear=90)
    weigh(stub, linear=70)
    endpoint(stub, linear=70)
    event = request(LIVE, new={"linear": variant("70")}, old={"linear": variant("90")})
    assert function.handle(event)["Status"] == "SUCCESS"
    assert len(function.waited) == 2


def should_fail_when_the_endpoint_does_not_serve_again(function: Entered) -> None:
    endpoint(function.sagemaker, linear=90)
    weigh(function.sagemaker, linear=70)
    endpoint(function.sagemaker, "Failed", linear=90)
    answer = function.handle(request(LIVE, new={"linear": variant("70")}, old={"linear": variant("90")}))
    assert answer["Status"] == "FAILED"
    assert "ashlar-dev-reviews is Failed" in answer["Reason"]


def should_fail_when_the_endpoint_did_not_take_the_weights(function: Entered) -> None:
    endpoint(function.sagemaker, linear=90)
    weigh(function.sagemaker, linear=70)
    endpoint(function.sagemaker, linear=90)
    answer = function.handle(request(LIVE, new={"linear": variant("70")}, old={"linear": variant("90")}))
    assert answer["Status"] == "FAILED"
    assert "did not take {'linear': {'DesiredWeight': 70.0}}" in answer["Reason"]


SCHEDULES: dict[str, dict[str, Any]] = {
    name: {"ScheduledActionName": name, "Schedule": f"cron(0 {hour} * * ? *)", "Timezone": "Europe/London"}
    for name, hour in (("evening", 19), ("night", 23))
}
POLICY = {
    "PolicyName": "p",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 4.0},
}


def registers(function: Entered, least: int, most: int, schedules: list[str], policies: int = 0) -> None:
    """Application Auto Scaling is asked for this and no more."""
    stub, its = function.autoscaling, target("linear")
    stub.add_response("register_scalable_target", {}, {**its, "MinCapacity": least, "MaxCapacity": most})
    for _ in range(policies):
        stub.add_response("put_scaling_policy", {"PolicyARN": "arn"}, {**its, **POLICY})
    for name in schedules:
        stub.add_response("put_scheduled_action", {}, {**its, **SCHEDULES[name]})


def should_register_a_variant_again_as_cloudformation_takes_it_to_be(function: Entered) -> None:
    """Its target's own update follows, and its policies have a new name: one that is there could not be created."""
    function.stack(ONWARD)
    registers(function, 2, 8, ["evening"])
    old = {"linear": variant("90", Policies=[POLICY], Schedules=[SCHEDULES["evening"]])}
    new = {"linear": variant("90", InstanceType=LARGE, Min="3", Max="9", Policies=[{**POLICY, "PolicyName": "q"}])}
    assert function.handle(request(LIVE, new=new, old=old))["Status"] == "SUCCESS"


def should_restore_all_that_scaled_a_variant_when_the_stack_goes_back(function: Entered) -> None:
    """Also the schedule that was new: CloudFormation is going to delete it."""
    function.stack(BACK)
    registers(function, 2, 8, ["night", "evening"], policies=1)
    old = {"linear": variant("90", InstanceType=LARGE, Min="3", Max="9", Schedules=[SCHEDULES["night"]])}
    new = {"linear": variant("90", Policies=[POLICY], Schedules=[SCHEDULES["evening"]])}
    assert function.handle(request(LIVE, new=new, old=old))["Status"] == "SUCCESS"


def should_restore_a_variant_that_was_to_scale_no_more(function: Entered) -> None:
    function.stack(BACK)
    registers(function, 2, 8, [], policies=1)
    old = {"linear": {"Weight": "90", "InstanceType": SMALL, "Instances": "2"}}
    new = {"linear": variant("90", Policies=[POLICY])}
    assert function.handle(request(LIVE, new=new, old=old))["Status"] == "SUCCESS"


def should_leave_a_variant_that_begins_to_scale_to_its_own_target(function: Entered) -> None:
    function.stack(ONWARD)
    old = {"linear": {"Weight": "90", "InstanceType": SMALL, "Instances": "2"}}
    new = {"linear": variant("90", InstanceType=LARGE)}
    assert function.handle(request(LIVE, new=new, old=old))["Status"] == "SUCCESS"


def should_ask_for_the_instances_of_one_variant_at_a_time_and_then_for_the_weights(function: Entered) -> None:
    """The API changes the weights of several variants, or the capacity of one."""
    stub = function.sagemaker

    def live(linear: tuple[int, int], xgboost: tuple[int, int], status: str = "InService") -> None:
        found = {"linear": linear, "xgboost": xgboost}
        its = [
            {"VariantName": name, "CurrentWeight": weight, "CurrentInstanceCount": count}
            for name, (weight, count) in found.items()
        ]
        describe(stub, its, status)

    def asks(*desired: dict[str, Any]) -> None:
        stub.add_response(
            "update_endpoint_weights_and_capacities",
            {"EndpointArn": "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/ashlar-dev-reviews"},
            {"EndpointName": "ashlar-dev-reviews", "DesiredWeightsAndCapacities": list(desired)},
        )

    live((90, 2), (10, 2))
    asks({"VariantName": "linear", "DesiredInstanceCount": 3})
    live((90, 2), (10, 2), "Updating")
    live((90, 3), (10, 2))
    live((90, 3), (10, 2))
    asks({"VariantName": "xgboost", "DesiredInstanceCount": 4})
    live((90, 3), (10, 4))
    live((90, 3), (10, 4))
    asks({"VariantName": "linear", "DesiredWeight": 60}, {"VariantName": "xgboost", "DesiredWeight": 40})
    live((60, 3), (40, 4))

    def fixed(weight: str, count: str) -> dict[str, Any]:
        return {"InstanceType": SMALL, "Weight": weight, "Instances": count}

    old = {"linear": fixed("90", "2"), "xgboost": fixed("10", "2")}
    new = {"linear": fixed("60", "3"), "xgboost": fixed("40", "4")}
    assert function.handle(request(LIVE, new=new, old=old))["Status"] == "SUCCESS"


def should_set_a_weight_where_there_are_no_machines_to_scale(function: Entered) -> None:
    endpoint(function.sagemaker, linear=1)
    weigh(function.sagemaker, linear=2)
    endpoint(function.sagemaker, linear=2)
    event = request(LIVE, new={"linear": {"Weight": "2"}}, old={"linear": {"Weight": "1"}})
    assert function.handle(event)["Status"] == "SUCCESS"


def should_set_the_number_of_instances_of_a_variant_that_nothing_scales(function: Entered) -> None:
    def its(count: int) -> dict[str, Any]:
        return {"VariantName": "linear", "CurrentWeight": 1, "CurrentInstanceCount": count}

    stub = function.sagemaker
    describe(stub, [its(2)])
    stub.add_response(
        "update_endpoint_weights_and_capacities",
        {"EndpointArn": "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/ashlar-dev-reviews"},
        {
            "EndpointName": "ashlar-dev-reviews",
            "DesiredWeightsAndCapacities": [{"VariantName": "linear", "DesiredInstanceCount": 3}],
        },
    )
    describe(stub, [its(3)])
    old, new = ({"linear": {"Weight": "1", "InstanceType": SMALL, "Instances": count}} for count in ("2", "3"))
    assert function.handle(request(LIVE, new=new, old=old))["Status"] == "SUCCESS"


def should_not_scale_a_variant_that_has_no_limits_after_a_change_of_its_machines(function: Entered) -> None:
    old, new = ({"linear": {"InstanceType": type, "Instances": "2"}} for type in (SMALL, LARGE))
    assert function.handle(request(LIVE, new=new, old=old))["Status"] == "SUCCESS"


WEIGHTS = st.dictionaries(st.sampled_from("abc"), st.integers(0, 100))


@given(WEIGHTS, WEIGHTS)
def should_find_the_variants_that_were_there_before_and_differ(old: dict[str, int], new: dict[str, int]) -> None:
    before, now = (
        read({"EndpointName": "e", "Variants": {name: {"Weight": str(weight)} for name, weight in its.items()}})
        for its in (old, new)
    )
    assert set(now.changed(before, "weight")) == {name for name in old.keys() & new.keys() if old[name] != new[name]}
    assert now.changed(now, "weight") == []


def should_read_numbers_that_arrive_as_text() -> None:
    given = {"EndpointName": "e", "Variants": {"linear": variant("0.5")}, "ServiceToken": "arn", "ServiceTimeout": "9"}
    assert read(given) == Properties("e", {"linear": Variant(SMALL, 0.5, None, 2, 8)})


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"Variants": {}}, "EndpointName is None"),
        ({"EndpointName": "e"}, "Variants is None"),
        ({"EndpointName": "e", "Variants": {}, "Weights": {}}, r"\['Weights'\]"),
        ({"EndpointName": "e", "Variants": {"a": {"Wight": "1"}}}, r"Variants.a is {'Wight': '1'}"),
        ({"EndpointName": "e", "Variants": {"a": {"Weight": "much"}}}, "Variants.a.Weight is 'much'"),
        ({"EndpointName": "e", "Variants": {"a": {"Weight": "nan"}}}, "Variants.a.Weight is 'nan'"),
        ({"EndpointName": "e", "Variants": {"a": {"Min": "-1", "Max": "1"}}}, "Variants.a.Min is '-1'"),
        ({"EndpointName": "e", "Variants": {"a": {"Min": "1.5", "Max": "2"}}}, "Variants.a.Min is '1.5'"),
        ({"EndpointName": "e", "Variants": {"a": {"Max": "2"}}}, "Variants.a is {'Max': '2'}"),
        ({"EndpointName": "e", "Variants": {"a": {"Policies": "x"}}}, "Variants.a.Policies is 'x'"),
    ],
)
def should_name_the_value_the_rule_and_the_fix(given: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=rf"{named}; it must be .* deploy again"):
        read(given)
