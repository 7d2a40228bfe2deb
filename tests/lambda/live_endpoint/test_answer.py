"""CloudFormation hears once, whatever happens: until then its stack waits."""

from __future__ import annotations

import json
import threading
from typing import Any

import boto3
import pytest
from live_endpoint.arguments import typed

from .entered import BACK, ENDPOINT, HOLD, LIVE, Context, Entered, request
from .stubs import endpoint, runs_on

CHANGE: dict[str, Any] = {"new": {"linear": {"Weight": "70"}}, "old": {"linear": {"Weight": "90"}}}


@pytest.mark.parametrize("kind", [HOLD, LIVE])
@pytest.mark.parametrize("type", ["Create", "Delete"])
def should_do_nothing_when_it_is_created_or_deleted(function: Entered, kind: str, type: str) -> None:
    answer = function.handle(request(kind, type, new={"linear": {"InstanceType": "ml.m5.large"}}))
    assert answer == {
        "Status": "SUCCESS",
        "StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/ashlar-dev-inference-reviews/1",
        "RequestId": "request",
        "LogicalResourceId": "Hold",
        "PhysicalResourceId": f"{ENDPOINT}/Hold",
    }


def should_keep_the_physical_id_that_it_has(function: Entered) -> None:
    """Another one would be a replacement, and the old one deleted."""
    event = {**request(HOLD), "PhysicalResourceId": "as it was"}
    assert function.handle(event)["PhysicalResourceId"] == "as it was"


@pytest.mark.parametrize("type", ["Create", "Update"])
def should_refuse_another_kind_of_resource_by_its_name(function: Entered, type: str) -> None:
    answer = function.handle(request("Custom::Weights", type))
    assert answer["Status"] == "FAILED"
    assert "ResourceType is 'Custom::Weights'; this function knows Custom::ScalingHold" in answer["Reason"]


def should_let_a_stack_go_back_from_what_it_refused(function: Entered) -> None:
    event = request("Custom::Weights", "Delete")
    event["ResourceProperties"] = {}
    assert function.handle(event)["Status"] == "SUCCESS"


def should_say_why_it_failed_in_an_answer_that_is_not_too_long(function: Entered) -> None:
    function.sagemaker.add_client_error("describe_endpoint", "AccessDeniedException", "no" * 4000)
    answer = function.handle(request(LIVE, **CHANGE))
    assert answer["Status"] == "FAILED"
    assert "AccessDeniedException" in answer["Reason"]
    assert len(json.dumps(answer)) <= 4096


def should_not_be_repeated_by_lambda_when_cloudformation_has_heard_of_the_failure(function: Entered) -> None:
    function.sagemaker.add_client_error("describe_endpoint", "AccessDeniedException", "no")
    function.module.handle(request(LIVE, **CHANGE), Context())  # raises nothing


def should_fail_when_its_answer_is_refused(function: Entered) -> None:
    """Then Lambda repeats it, which does no harm."""
    function.answers.status = 403
    with pytest.raises(RuntimeError, match="refused the answer: 403"):
        function.module.handle(request(HOLD), Context())


def should_keep_more_time_for_its_answer_than_all_tries_may_take(function: Entered) -> None:
    function.handle(request(HOLD))
    (limits,) = function.answers.limits
    assert isinstance(limits["retries"], int)
    # Of the whole try: a limit of each of its parts would count twice.
    assert (1 + limits["retries"]) * limits["timeout"].total < function.module.RESERVE_SECONDS


def should_answer_before_its_time_is_up_while_the_endpoint_still_moves(function: Entered) -> None:
    endpoint(function.sagemaker, "Updating", linear=90)
    # Less than one more look, after what is kept for the answer.
    seconds = function.module.RESERVE_SECONDS + 4.0
    answer = function.handle(request(LIVE, **CHANGE), seconds)
    assert answer["Status"] == "FAILED"
    assert f"The endpoint '{ENDPOINT}' was not through within the function's time" in answer["Reason"]
    assert function.waited == []


def should_answer_before_its_time_is_up_while_a_call_hangs(function: Entered, monkeypatch: pytest.MonkeyPatch) -> None:
    told = threading.Event()
    send = function.answers.request

    def request_and_tell(*args: Any, **settings: Any) -> Any:
        answer = send(*args, **settings)
        told.set()
        return answer

    class Hanging:
        def describe_endpoint(self, **_: Any) -> None:
            assert told.wait(60)
            raise ConnectionError("at last")

    monkeypatch.setattr(function.answers, "request", request_and_tell)
    monkeypatch.setattr(function.module, "_SAGEMAKER", Hanging())
    # Nothing is left beside the reserve: the watch answers, and the work's own answer comes too late.
    answer = function.handle(request(LIVE, **CHANGE), function.module.RESERVE_SECONDS)
    assert answer["Status"] == "FAILED"
    assert "was not through within the function's time" in answer["Reason"]


SHAPE = (
    boto3.client("application-autoscaling", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    .meta.service_model.operation_model("PutScalingPolicy")
    .input_shape
)


@pytest.mark.parametrize(
    ("configuration", "named"),
    [
        ({"TargetValue": "high"}, r"\.TargetValue is 'high'; the API takes a double"),
        ({"TargetValue": "4", "DisableScaleIn": "perhaps"}, r"\.DisableScaleIn is 'perhaps'; the API takes a boolean"),
        ({"Target": "4"}, "has 'Target'; the API knows TargetValue"),
        ("4", "is '4'; the API takes a structure"),
        ({"CustomizedMetricSpecification": {"Dimensions": {"Name": "x"}}}, r"\.Dimensions is .* takes a list"),
    ],
)
def should_name_the_argument_that_the_api_would_not_take(configuration: Any, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        typed({"TargetTrackingScalingPolicyConfiguration": configuration}, SHAPE, "PutScalingPolicy")


def should_give_the_members_of_lists_their_types(function: Entered) -> None:
    step = {"MetricIntervalLowerBound": "0", "ScalingAdjustment": "1"}
    given = {"StepScalingPolicyConfiguration": {"StepAdjustments": [step]}}
    wanted = {"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}
    assert typed(given, SHAPE, "PutScalingPolicy") == {"StepScalingPolicyConfiguration": {"StepAdjustments": [wanted]}}


def should_tell_what_is_wrong_with_a_policy(function: Entered) -> None:
    function.stack(BACK)
    runs_on(function.sagemaker, linear="ml.m5.large")
    function.autoscaling.add_response("register_scalable_target", {})
    its = {"InstanceType": "ml.m5.large", "Min": "1", "Max": "2", "Policies": [{"Name": "p"}]}
    answer = function.handle(request(HOLD, new={"linear": its}, old={"linear": {"InstanceType": "ml.m5.xlarge"}}))
    assert answer["Status"] == "FAILED"
    assert "PutScalingPolicy has 'Name'" in answer["Reason"]
