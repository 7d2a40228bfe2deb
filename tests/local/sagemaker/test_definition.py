"""The pipeline interpreter without a cloud: what is sound, what a reference means, what may start."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from local.sagemaker.errors import ApiError
from local.sagemaker.pipelines.caching import cache_key
from local.sagemaker.pipelines.conditions import hold
from local.sagemaker.pipelines.definition import Definition, Step, parse
from local.sagemaker.pipelines.expressions import Scope, UnresolvableError, follow
from local.sagemaker.pipelines.retries import Retries, kind_of_reason, policies_of
from local.sagemaker.pipelines.schedule import Outcome, next_steps

Json = dict[str, Any]
_CACHED = {"Enabled": True, "ExpireAfter": "P7D"}


def _step(name: str, *after: str, kind: str = "Training", **fields: Any) -> Json:
    return {"Name": name, "Type": kind, "Arguments": {}, "DependsOn": list(after), **fields}


def _condition(name: str, then: list[Json], otherwise: list[Json], *after: str) -> Json:
    conditions = [{"Type": "Equals", "LeftValue": 1, "RightValue": 1}]
    arguments = {"Conditions": conditions, "IfSteps": then, "ElseSteps": otherwise}
    return {"Name": name, "Type": "Condition", "Arguments": arguments, "DependsOn": list(after)}


def _parse(*steps: Json, parameters: list[Json] | None = None) -> Definition:
    return parse(json.dumps({"Version": "2020-12-01", "Parameters": parameters or [], "Steps": list(steps)}))


def _scope(**steps: Any) -> Scope:
    parameters = {"Threshold": 0.6, "Fast": True}
    return Scope(
        parameters, {"PipelineExecutionId": "abc"}.__getitem__, steps, lambda step, name: '{"f1": [{"v": 0.7}]}'
    )


def should_resolve_parameters_execution_variables_and_step_properties() -> None:
    outputs = [{"OutputName": "train", "S3Output": {"S3Uri": "s3://b/train"}}]
    scope = _scope(Process={"ProcessingOutputConfig": {"Outputs": outputs}})
    assert scope.evaluate({"Get": "Parameters.Threshold"}) == 0.6
    found = scope.evaluate({"Get": "Steps.Process.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"})
    assert found == "s3://b/train"
    joined = {"Std:Join": {"On": "/", "Values": ["s3://b", {"Get": "Execution.PipelineExecutionId"}, 1]}}
    assert scope.evaluate({"deep": [joined]}) == {"deep": ["s3://b/abc/1"]}


def should_read_a_value_of_a_property_file() -> None:
    call = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Report"}, "Path": "f1[0].v"}}
    assert _scope().evaluate(call) == 0.7


def should_say_which_part_of_a_path_is_missing() -> None:
    with pytest.raises(UnresolvableError, match="'recall' is missing"):
        follow({"metrics": {"f1": 1}}, "metrics.recall")


def should_refuse_other_functions_by_name() -> None:
    with pytest.raises(ApiError, match="Std:Split"):
        _scope().evaluate({"Std:Split": {}})


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"Type": "GreaterThanOrEqualTo", "LeftValue": 0.7, "RightValue": {"Get": "Parameters.Threshold"}}, True),
        ({"Type": "LessThan", "LeftValue": 0.7, "RightValue": {"Get": "Parameters.Threshold"}}, False),
        ({"Type": "Equals", "LeftValue": {"Get": "Parameters.Fast"}, "RightValue": True}, True),
        ({"Type": "In", "QueryValue": "b", "Values": ["a", "b"]}, True),
        ({"Type": "Not", "Expression": {"Type": "In", "QueryValue": "b", "Values": ["a"]}}, True),
        (
            {
                "Type": "Or",
                "Conditions": [
                    {"Type": "Equals", "LeftValue": 1, "RightValue": 2},
                    {"Type": "GreaterThan", "LeftValue": 1, "RightValue": 2},
                ],
            },
            False,
        ),
    ],
)
def should_evaluate_each_kind_of_condition(condition: Json, expected: bool) -> None:
    assert hold([condition], _scope().evaluate) is expected


def should_hold_only_if_every_condition_of_the_list_holds() -> None:
    true, false = ({"Type": "Equals", "LeftValue": 1, "RightValue": n} for n in (1, 2))
    assert hold([true, true], _scope().evaluate)
    assert not hold([true, false], _scope().evaluate)


def should_convert_parameters_to_their_types_and_refuse_unknown_ones() -> None:
    parameters: list[Json] = [
        {"Name": "Rounds", "Type": "Integer"},
        {"Name": "At", "Type": "Float", "DefaultValue": 0.5},
    ]
    definition = _parse(_step("A"), parameters=parameters)
    assert definition.bind([{"Name": "Rounds", "Value": "3"}]) == {"Rounds": 3, "At": 0.5}
    with pytest.raises(ApiError, match="Rounds has no default"):
        definition.bind([])
    with pytest.raises(ApiError, match=r"Unknown pipeline parameter.*Other"):
        definition.bind([{"Name": "Rounds", "Value": "3"}, {"Name": "Other", "Value": "x"}])
    with pytest.raises(ApiError, match="not of type Integer"):
        definition.bind([{"Name": "Rounds", "Value": "many"}])


def should_know_the_two_booleans_and_refuse_other_words() -> None:
    definition = _parse(_step("A"), parameters=[{"Name": "Fast", "Type": "Boolean", "DefaultValue": True}])
    assert definition.bind([]) == {"Fast": True}
    assert definition.bind([{"Name": "Fast", "Value": "False"}]) == {"Fast": False}
    with pytest.raises(ApiError, match="'no' is not of type Boolean"):
        definition.bind([{"Name": "Fast", "Value": "no"}])


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([], "no steps"),
        ([_step("A", kind="Callback")], "type Callback"),
        ([_step("A", kind="Lambda")], "FunctionArn"),
        ([_step("A", "B")], "step B, which does not exist"),
        ([_step("A"), _step("A")], "used twice"),
        ([_step("A", "B"), _step("B", "A")], "in a circle"),
        ([_step("A", CacheConfig={"Enabled": True})], "ExpireAfter None is not an ISO 8601 duration"),
        ([_step("A", CacheConfig={"Enabled": True, "ExpireAfter": "7 days"})], "'7 days' is not an ISO 8601 duration"),
        ([_step("A", kind="RegisterModel", CacheConfig=_CACHED)], "CacheConfig is for steps of type"),
        ([_step("A", RetryPolicies=[{"ExceptionType": ["Step.BAD_LUCK"]}])], "Step.BAD_LUCK"),
        ([_step("A", RetryPolicies=[{"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 21}])], "MaxAttempts 21"),
        ([_step("A", RetryPolicies=[{"ExceptionType": ["Step.THROTTLING"], "Jitter": 1}])], "Jitter"),
        ([_step("A", kind="Fail", RetryPolicies=[{"ExceptionType": ["Step.THROTTLING"]}])], "RetryPolicies are for"),
        ([_condition("A", [_condition("B", [], [])], [])], "inside another Condition"),
        ([{**_step("A"), "Arguments": {"X": {"Get": "Parameters.Missing"}}}], "Parameters.Missing"),
        ([{**_step("A"), "Arguments": {"X": {"Get": "Execution.Missing"}}}], "Execution.Missing"),
        ([_step("A"), {**_step("B"), "Arguments": {"X": {"Get": "Steps.A.PropertyFiles.No"}}}], "PropertyFiles.No"),
        ([{"Name": "C", "Type": "Condition", "Arguments": {"Conditions": [{"Type": "Almost"}]}}], "Almost"),
        ([{"Name": "C", "Type": "Condition", "Arguments": {"Conditions": []}}], "list of Conditions"),
    ],
)
def should_refuse_an_unsound_definition(steps: list[Json], reason: str) -> None:
    with pytest.raises(ApiError, match=reason) as raised:
        _parse(*steps)
    assert raised.value.code == "ValidationException"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("P7D", dt.timedelta(days=7)),
        ("PT12H", dt.timedelta(hours=12)),
        ("P1W", dt.timedelta(weeks=1)),
        ("p1dt30m", dt.timedelta(days=1, minutes=30)),
    ],
)
def should_read_how_long_a_result_is_kept(given: str, expected: dt.timedelta) -> None:
    assert _parse(_step("A", CacheConfig={"Enabled": True, "ExpireAfter": given})).steps["A"].cached_for == expected


def should_not_cache_a_step_whose_cache_is_switched_off() -> None:
    assert _parse(_step("A", CacheConfig={"Enabled": False})).steps["A"].cached_for is None


def should_make_the_cache_key_of_what_aws_names_and_nothing_else() -> None:
    given = {"HyperParameters": {"rounds": "3"}, "OutputDataConfig": {"S3OutputPath": "s3://b/one"}}
    elsewhere = {**given, "OutputDataConfig": {"S3OutputPath": "s3://b/two"}, "ResourceConfig": {"InstanceCount": 2}}
    assert cache_key("Training", given, None) == cache_key("Training", elsewhere, None)
    other = {**given, "HyperParameters": {"rounds": "4"}}
    assert cache_key("Training", given, None) != cache_key("Training", other, None)
    tuning = {"TrainingJobDefinition": {"StaticHyperParameters": {"a": "1"}, "OutputDataConfig": {"S3OutputPath": "x"}}}
    moved = {"TrainingJobDefinition": {"StaticHyperParameters": {"a": "1"}, "OutputDataConfig": {"S3OutputPath": "y"}}}
    assert cache_key("Tuning", tuning, None) == cache_key("Tuning", moved, None)
    assert cache_key("Lambda", {}, "arn:one") != cache_key("Lambda", {}, "arn:two")


def _policies(*given: Json) -> Retries:
    return Retries(policies_of("A", "Training", given))


def should_wait_longer_before_each_attempt_and_give_up_after_the_last() -> None:
    policy = {"ExceptionType": ["Step.THROTTLING"], "IntervalSeconds": 2, "BackoffRate": 3, "MaxAttempts": 3}
    retries = _policies(policy)
    assert [retries.delay_after("Step.THROTTLING") for _ in range(4)] == [2, 6, 18, None]


def should_retry_only_the_failures_that_a_policy_names() -> None:
    first = {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "IntervalSeconds": 60, "MaxAttempts": 1}
    second = {"ExceptionType": ["Step.SERVICE_FAULT", "Step.THROTTLING"], "IntervalSeconds": 1}
    retries = _policies(first, second)
    assert retries.delay_after("SageMaker.CAPACITY_ERROR") == 60
    assert retries.delay_after("SageMaker.CAPACITY_ERROR") is None
    assert retries.delay_after("Step.SERVICE_FAULT") == 1
    assert retries.delay_after("SageMaker.JOB_INTERNAL_ERROR") is None
    assert retries.delay_after(None) is None


def should_stop_retrying_when_the_policy_expires() -> None:
    policy = {"ExceptionType": ["Step.THROTTLING"], "IntervalSeconds": 50, "BackoffRate": 2, "ExpireAfterMin": 1}
    retries = _policies(policy)
    assert [retries.delay_after("Step.THROTTLING") for _ in range(2)] == [50, None]


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("InternalServerError: x", "SageMaker.JOB_INTERNAL_ERROR"),
        ("CapacityError: x", "SageMaker.CAPACITY_ERROR"),
        ("ResourceLimitExceeded: x", "SageMaker.RESOURCE_LIMIT"),
        ("AlgorithmError: x", None),
    ],
)
def should_tell_from_a_failure_reason_whether_it_can_be_retried(reason: str, kind: str | None) -> None:
    assert kind_of_reason(reason) == kind


def should_refuse_text_that_is_no_definition() -> None:
    with pytest.raises(ApiError, match="Invalid JSON"):
        parse("{")
    with pytest.raises(ApiError, match="Version"):
        parse("{}")


def should_wait_for_the_steps_that_arguments_refer_to() -> None:
    train = {**_step("Train"), "Arguments": {"Uri": {"Get": "Steps.Process.ProcessingJobName"}}}
    definition = _parse(_step("Process", kind="Processing"), train)
    assert definition.steps["Train"].waits_for == {"Process"}


def _names(steps: list[Step]) -> set[str]:
    return {step.name for step in steps}


def should_start_independent_steps_together_and_dependent_ones_after() -> None:
    steps = _parse(_step("A"), _step("B"), _step("C", "A", "B")).steps
    ready, skipped = next_steps(steps.values(), {}, {})
    assert (_names(ready), skipped) == ({"A", "B"}, [])
    waiting = [steps["C"]]
    assert next_steps(waiting, {"A": Outcome.SUCCEEDED}, {}) == ([], [])
    ready, _ = next_steps(waiting, {"A": Outcome.SUCCEEDED, "B": Outcome.SUCCEEDED}, {})
    assert _names(ready) == {"C"}


def should_skip_the_branch_not_taken_and_what_depends_on_it() -> None:
    gate = _condition("Gate", [_step("Register")], [_step("Below", kind="Fail", Arguments={"ErrorMessage": "x"})])
    steps = _parse(gate, _step("After", "Below")).steps
    waiting = [steps["Register"], steps["Below"], steps["After"]]
    ready, skipped = next_steps(waiting, {"Gate": Outcome.SUCCEEDED}, {"Gate": True})
    assert (_names(ready), _names(skipped)) == ({"Register"}, {"Below"})
    ended = {"Gate": Outcome.SUCCEEDED, "Below": Outcome.SKIPPED}
    _, skipped = next_steps([steps["After"]], ended, {"Gate": True})
    assert _names(skipped) == {"After"}
