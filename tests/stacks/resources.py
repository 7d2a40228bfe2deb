"""Find resources and statements in a synthesized template."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Template = dict[str, Any]


def of_type(template: Template, type: str) -> list[dict[str, Any]]:
    """The resources of a type; fails when there is none, so that no assertion holds over nothing."""
    found = [resource for resource in template["Resources"].values() if resource["Type"] == type]
    assert found, f"the template has no {type}"
    return found


def statements(template: Template) -> Iterator[dict[str, Any]]:
    """Every identity-policy statement of the template."""
    for resource in template["Resources"].values():
        if resource["Type"] in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
            yield from resource["Properties"]["PolicyDocument"]["Statement"]
        if resource["Type"] == "AWS::IAM::Role":
            for policy in resource["Properties"].get("Policies", []):
                yield from policy["PolicyDocument"]["Statement"]


def statements_of(template: Template, role: str) -> list[dict[str, Any]]:
    """What the managed policies of a role, by its logical id, say."""
    attached = template["Resources"][role]["Properties"]["ManagedPolicyArns"]
    documents = [template["Resources"][policy["Ref"]]["Properties"]["PolicyDocument"] for policy in attached]
    return [statement for document in documents for statement in document["Statement"]]


def as_list(value: Any) -> list[Any]:
    """IAM allows one value in place of a list of one."""
    return value if isinstance(value, list) else [value]


def text(value: Any) -> str:
    """A value with its intrinsic functions as one string to search in."""
    return value if isinstance(value, str) else json.dumps(value)


def pipeline_definition(template: Template) -> dict[str, Any]:
    """The definition of the template's one pipeline, as SageMaker will get it."""
    (pipeline,) = of_type(template, "AWS::SageMaker::Pipeline")
    body = pipeline["Properties"]["PipelineDefinition"]["PipelineDefinitionBody"]
    definition: dict[str, Any] = json.loads(resolved(body))
    return definition


def resolved(value: Any) -> str:
    """CloudFormation's part: joins done, references as values of the kind they will have."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator.join(resolved(part) for part in parts))
    reference = json.dumps(value)
    if "Key" in reference:
        return "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-0000-0000-000000000000"
    if "Subnet" in reference:
        return "subnet-00000000"
    if "GroupId" in reference:
        return "sg-00000000"
    if "Fn::GetAtt" in value:
        return "arn:aws:iam::111122223333:role/example"
    return "example-bucket"


def pipeline_steps(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step, those inside conditions too."""
    for step in definition["Steps"]:
        yield step
        if step["Type"] == "Condition":
            yield from step["Arguments"]["IfSteps"] + step["Arguments"]["ElseSteps"]
