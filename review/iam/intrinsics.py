"""CloudFormation's intrinsic functions over a set of stacks, without an account.

References become placeholders, parameters their defaults, imports the exported value of the other stack.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from review.iam import placeholders
from review.iam.errors import TemplateError

Template = Mapping[str, Any]
VARIABLE = re.compile(r"\$\{(!?[^}]+)\}")
ABSENT = object()  # AWS::NoValue


class Intrinsics:
    """`value(stack, template value)` -> the same value without intrinsic functions. Raises TemplateError."""

    def __init__(self, templates: Mapping[str, Template], *, account: str, region: str, partition: str) -> None:
        self._templates = templates
        self.where = {"account": account, "region": region, "partition": partition}
        self._exports = {
            self.value(stack, output["Export"]["Name"]): (stack, output["Value"])
            for stack, template in templates.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }

    def value(self, stack: str, value: Any) -> Any:
        if isinstance(value, list):
            items = (self.value(stack, item) for item in value)
            return [item for item in items if item is not ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (function, argument), *_ = value.items()
            if function == "Ref" or function.startswith("Fn::"):
                return self._function(stack, function, argument)
        members = {key: self.value(stack, member) for key, member in value.items()}
        return {key: member for key, member in members.items() if member is not ABSENT}

    def reference(self, stack: str, logical_id: str) -> Any:
        """What `Ref` returns in this stack."""
        pseudo = self._pseudo(stack, logical_id)
        if pseudo is not None:
            return pseudo
        template = self._templates[stack]
        if logical_id in template.get("Parameters", {}):
            return template["Parameters"][logical_id].get("Default", f"{{{logical_id}}}")
        type, name = self._resource(stack, logical_id)
        return placeholders.reference(type, name, self.arn(stack, logical_id))

    def arn(self, stack: str, logical_id: str) -> str:
        """The ARN that the resource will have."""
        type, name = self._resource(stack, logical_id)
        path = self.value(stack, self._templates[stack]["Resources"][logical_id].get("Properties", {}).get("Path", "/"))
        return placeholders.arn(type, name, path if isinstance(path, str) else "/", self.where)

    def _function(self, stack: str, function: str, argument: Any) -> Any:
        functions: dict[str, Callable[[str, Any], Any]] = {
            "Ref": self.reference,
            "Fn::GetAtt": self._attribute,
            "Fn::ImportValue": self._import,
            "Fn::If": self._if,
            "Fn::Sub": self._substitute,
            "Fn::Join": lambda s, a: str(a[0]).join(str(item) for item in self.value(s, a[1])),
            "Fn::Select": lambda s, a: self.value(s, a[1])[int(self.value(s, a[0]))],
            "Fn::Split": lambda s, a: self.value(s, a[1]).split(a[0]),
            "Fn::GetAZs": lambda _, a: [f"{self.where['region']}{letter}" for letter in "abc"],
        }
        if function not in functions:
            raise TemplateError(f"{stack}: {function} is not supported here; known: {', '.join(functions)}.")
        return functions[function](stack, argument)

    def _pseudo(self, stack: str, name: str) -> Any:
        suffix = "amazonaws.com.cn" if self.where["partition"] == "aws-cn" else "amazonaws.com"
        return {
            "AWS::AccountId": self.where["account"],
            "AWS::Region": self.where["region"],
            "AWS::Partition": self.where["partition"],
            "AWS::URLSuffix": suffix,
            "AWS::StackName": stack,
            "AWS::NoValue": ABSENT,
        }.get(name)

    def _resource(self, stack: str, logical_id: str) -> tuple[str, str]:
        resource = self._templates[stack].get("Resources", {}).get(logical_id)
        if resource is None:
            raise TemplateError(f"{stack}: {logical_id!r} is neither a parameter nor a resource of this stack.")
        given = resource.get("Properties", {}).get(placeholders.name_property(resource["Type"]))
        name = self.value(stack, given) if given else None
        return resource["Type"], name or placeholders.default_name(stack, logical_id, resource["Type"])

    def _attribute(self, stack: str, argument: Any) -> Any:
        logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        _, name = self._resource(stack, logical_id)
        return placeholders.attribute(attribute, name, self.arn(stack, logical_id))

    def _import(self, stack: str, argument: Any) -> Any:
        name = self.value(stack, argument)
        if name not in self._exports:
            raise TemplateError(f"{stack}: imports {name!r}, which no stack exports.")
        return self.value(*self._exports[name])

    def _substitute(self, stack: str, argument: Any) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument

        def replace(match: re.Match[str]) -> str:
            name = match.group(1)
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in own:
                return str(self.value(stack, own[name]))
            return str(self._attribute(stack, name) if "." in name else self.reference(stack, name))

        return VARIABLE.sub(replace, text)

    def _if(self, stack: str, argument: Any) -> Any:
        condition, then, otherwise = argument
        return self.value(stack, then if self._holds(stack, {"Condition": condition}) else otherwise)

    def _holds(self, stack: str, condition: Any) -> bool:
        """Conditions hold as they do with the parameters' defaults."""
        ((function, argument),) = condition.items()
        if function == "Condition":
            return self._holds(stack, self._templates[stack]["Conditions"][argument])
        if function == "Fn::Equals":
            left, right = self.value(stack, argument)
            return bool(left == right)
        if function in ("Fn::And", "Fn::Or", "Fn::Not"):
            holds = [self._holds(stack, item) for item in argument]
            return not holds[0] if function == "Fn::Not" else (all if function == "Fn::And" else any)(holds)
        raise TemplateError(f"{stack}: {function} is no condition function.")
