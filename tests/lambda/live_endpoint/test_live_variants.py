"""`Custom::LiveVariants`: what an update of the endpoint kept, but the configuration changed, is applied."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_endpoint.properties import Properties, Variant, read

from .entered import LIVE, Entered, request
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


def should_register_a_variant_again_whose_instance_type_changed_with_its_schedules(function: Entered) -> None:
    stub = function.autoscaling
    stub.add_response("register_scalable_target", {}, {**target("linear"), "MinCapacity": 2, "MaxCapacity": 8})
    schedule = {"ScheduledActionName": "evening", "Schedule": "cron(0 19 * * ? *)", "Timezone": "Europe/London"}
    stub.add_response("put_scheduled_action", {}, {**schedule, **target("linear")})
    new = {"linear": variant("90", InstanceType=LARGE, Schedules=[schedule])}
    assert function.handle(request(LIVE, new=new, old={"linear": variant("90")}))["Status"] == "SUCCESS"


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
        ({"EndpointName": "e", "Variants": {"a": {"Min": "-1"}}}, "Variants.a.Min is '-1'"),
        ({"EndpointName": "e", "Variants": {"a": {"Min": "1.5"}}}, "Variants.a.Min is '1.5'"),
        ({"EndpointName": "e", "Variants": {"a": {"Policies": "x"}}}, "Variants.a.Policies is 'x'"),
    ],
)
def should_name_the_value_the_rule_and_the_fix(given: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=rf"{named}; it must be .* deploy again"):
        read(given)
