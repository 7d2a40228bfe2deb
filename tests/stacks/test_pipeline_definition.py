"""Each step's arguments against botocore's request shapes, lengths and patterns included."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from tests.stacks.planned import everything
from tests.stacks.resources import pipeline_definition
from tests.stacks.resources import pipeline_steps as steps

OPERATIONS = {
    "Training": ("CreateTrainingJob", "TrainingJobName"),
    "Processing": ("CreateProcessingJob", "ProcessingJobName"),
    "Tuning": ("CreateHyperParameterTuningJob", "HyperParameterTuningJobName"),
    "Transform": ("CreateTransformJob", "TransformJobName"),
    "Model": ("CreateModel", "ModelName"),
    "RegisterModel": ("CreateModelPackage", None),
}
REFERENCES = ("Get", "Std:Join", "Std:JsonGet")


@pytest.fixture(scope="module")
def definition(templates: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return pipeline_definition(templates("dev")["training-reviews"])


def _filled(value: Any, shape: Any) -> Any:
    """The value with a string in place of what SageMaker fills in when the pipeline runs."""
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in REFERENCES:
        return "example" if shape.name == "ModelName" else "s3://example-bucket/example"
    if shape.type_name == "structure":
        return {key: _filled(item, shape.members[key]) if key in shape.members else item for key, item in value.items()}
    if shape.type_name == "list":
        return [_filled(item, shape.member) for item in value]
    if shape.type_name == "map":
        return {key: _filled(item, shape.value) for key, item in value.items()}
    return value


def _breaches(value: Any, shape: Any, path: str) -> Iterator[str]:
    """What botocore's validator does not look at: maximum lengths, patterns, enumerations, unknown members."""
    if shape.type_name == "string":
        yield from _string_breaches(value, shape, path)
    for name, item, inner in _members(value, shape):
        if inner is None:
            yield f"{path}.{name} is unknown"
        else:
            yield from _breaches(item, inner, f"{path}.{name}")


def _members(value: Any, shape: Any) -> list[tuple[str, Any, Any]]:
    """(name, value, shape) of what is inside; the shape of an unknown member is None."""
    if shape.type_name == "structure":
        return [(key, item, shape.members.get(key)) for key, item in value.items()]
    if shape.type_name == "list":
        return [(str(number), item, shape.member) for number, item in enumerate(value)]
    if shape.type_name == "map":
        keys = [(f"{key} (key)", key, shape.key) for key in value]
        return keys + [(key, item, shape.value) for key, item in value.items()]
    return []


def _string_breaches(value: str, shape: Any, path: str) -> Iterator[str]:
    if len(value) > shape.metadata.get("max", 10**6):
        yield f"{path} is longer than {shape.metadata['max']}"
    pattern = shape.metadata.get("pattern")
    # The models' patterns are Java's; the few that Python cannot read are POSIX classes in tag and path patterns.
    if pattern and "\\p{" not in pattern and not re.fullmatch(pattern, value, re.DOTALL):
        yield f"{path} = {value!r} does not match {pattern}"
    if getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{path} = {value!r} is none of {shape.enum}"


def _checked(definition: dict[str, Any]) -> list[str]:
    """The names of the steps whose requests were found sound."""
    service = botocore.session.get_session().get_service_model("sagemaker")
    checked = []
    for step in steps(definition):
        if step["Type"] not in OPERATIONS:
            continue
        operation, name = OPERATIONS[step["Type"]]
        shape = service.operation_model(operation).input_shape
        arguments = _filled(step["Arguments"], shape)
        assert not list(_breaches(arguments, shape, step["Name"]))
        report = ParamValidator().validate(arguments | ({name: "example"} if name else {}), shape)
        assert not report.has_errors(), report.generate_report()
        checked.append(step["Name"])
    return checked


def should_make_requests_that_the_api_accepts(definition: dict[str, Any]) -> None:
    expected = ["Process", "Train-linear", "Train-xgboost", "Scan", "Evaluate", "Register-linear", "Register-xgboost"]
    assert _checked(definition) == expected


def should_make_requests_that_the_api_accepts_of_every_setting_at_once() -> None:
    checked = _checked(everything())
    trained = ["Train-script", "Train-builtin", "Train-own", "Tune-searched"]
    assert set(trained) < set(checked)
    assert {name.split("-")[0] for name in checked} == {
        *("Process", "Train", "Tune", "Scan", "Evaluate", "Register", "Model", "Transform")
    }


def should_refer_only_to_what_the_definition_has() -> None:
    """Every reference leads to a step, a parameter or a variable that is there."""
    found = everything()
    names = [step["Name"] for step in steps(found)]
    assert len(names) == len(set(names))
    text = json.dumps(found)
    assert set(re.findall(r"Steps\.([A-Za-z0-9_-]+)", text)) <= set(names)
    declared = {parameter["Name"] for parameter in found["Parameters"]}
    assert set(re.findall(r"Parameters\.([A-Za-z0-9_]+)", text)) <= declared


def should_find_a_breach_where_there_is_one(definition: dict[str, Any]) -> None:
    service = botocore.session.get_session().get_service_model("sagemaker")
    shape = service.operation_model("CreateTrainingJob").input_shape
    wrong = {
        "RoleArn": "not an arn",
        "HyperParameters": {"a": "x" * 3000},
        "AlgorithmSpecification": {"TrainingInputMode": "Tape"},
        "Speed": 1,
    }
    assert len(list(_breaches(wrong, shape, "job"))) == 4


def should_evaluate_all_candidates_before_any_gate(definition: dict[str, Any]) -> None:
    evaluate = next(step for step in definition["Steps"] if step["Name"] == "Evaluate")
    sources = json.dumps(evaluate["Arguments"]["ProcessingInputs"])
    assert "Steps.Train-linear.ModelArtifacts" in sources
    assert "Steps.Train-xgboost.ModelArtifacts" in sources


def should_register_a_candidate_only_behind_its_gate(definition: dict[str, Any]) -> None:
    top = [step["Name"] for step in definition["Steps"]]
    assert not [name for name in top if name.startswith("Register")]
    for candidate in ("linear", "xgboost"):
        gate = next(step for step in definition["Steps"] if step["Name"] == f"Gate-{candidate}")
        reached, near = gate["Arguments"]["Conditions"]
        assert reached["Type"] == "GreaterThanOrEqualTo"
        assert reached["LeftValue"]["Std:JsonGet"]["Path"] == f"{candidate}.macro_f1"
        assert near["Type"] == "LessThanOrEqualTo"
        assert near["LeftValue"]["Std:JsonGet"]["Path"] == f"{candidate}.behind_champion.macro_f1"
        assert [step["Name"] for step in gate["Arguments"]["IfSteps"]] == [f"Register-{candidate}"]


def should_not_nest_condition_steps(definition: dict[str, Any]) -> None:
    inner = [
        step for outer in definition["Steps"] if outer["Type"] == "Condition" for step in outer["Arguments"]["IfSteps"]
    ]
    assert inner
    assert not [step for step in inner if step["Type"] == "Condition"]


def should_name_steps_as_the_service_allows(definition: dict[str, Any]) -> None:
    for step in steps(definition):
        assert re.fullmatch(r"[A-Za-z0-9\-_]{1,64}", step["Name"])


def should_stay_below_the_size_limit(definition: dict[str, Any]) -> None:
    assert len(json.dumps(definition)) < 1_048_576
