"""The pipeline interpreter without a cloud: what is sound, what a reference means, what may start."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.sagemaker.errors import ApiError
from local.sagemaker.pipelines.conditions import hold
from local.sagemaker.pipelines.definition import Definition, Step, parse
from local.sagemaker.pipelines.expressions import Scope, UnresolvableError, follow
from local.sagemaker.pipelines.schedule import Outcome, next_steps

Json = dict[str, Any]


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


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([], "no steps"),
        ([_step("A", kind="Lambda")], "type Lambda"),
        ([_step("A", "B")], "step B, which does not exist"),
        ([_step("A"), _step("A")], "used twice"),
        ([_step("A", "B"), _step("B", "A")], "in a circle"),
        ([_step("A", CacheConfig={"Enabled": True})], "CacheConfig"),
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
