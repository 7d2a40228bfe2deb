"""A deployed template with its values: what `Ref`, `Fn::GetAtt`, `Fn::If` and their like stand for in this stack."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

NO_VALUE = {"Ref": "AWS::NoValue"}
_VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")


class UnresolvedError(Exception):
    """A value that cannot be told from the outside."""


@dataclass(frozen=True)
class Template:
    """`values`: parameters and pseudo parameters; `physical`: logical id -> physical id; `exports`: of all stacks."""

    body: Mapping[str, Any]
    values: Mapping[str, str]
    physical: Mapping[str, str]
    exports: Callable[[], Mapping[str, str]]
    _conditions: dict[str, bool] = field(default_factory=dict)

    def of_type(self, type: str) -> dict[str, dict[str, Any]]:
        """Logical id -> properties, unresolved, of the resources that the stack has: conditions may leave some out."""
        return {
            id: dict(its.get("Properties", {}))
            for id, its in self.body["Resources"].items()
            if its["Type"] == type and (its.get("Condition") is None or self.holds(its["Condition"]))
        }

    def holds(self, name: str) -> bool:
        """Whether a condition of the template holds."""
        if name not in self._conditions:
            self._conditions[name] = self._holds(self.body["Conditions"][name])
        return self._conditions[name]

    def value(self, node: Any) -> Any:
        """A property with everything resolved; what is AWS::NoValue is left out. Raises UnresolvedError."""
        if isinstance(node, list):
            return [self.value(each) for each in map(self._chosen, node) if each != NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._function(name, argument)
        chosen = {key: self._chosen(each) for key, each in node.items()}
        return {key: self.value(each) for key, each in chosen.items() if each != NO_VALUE}

    def _chosen(self, node: Any) -> Any:
        """The branch of an Fn::If, which may be AWS::NoValue; anything else as it is."""
        while isinstance(node, dict) and list(node) == ["Fn::If"]:
            condition, one, other = node["Fn::If"]
            node = one if self.holds(condition) else other
        return node

    def _function(self, name: str, argument: Any) -> Any:
        if name == "Fn::If":
            return self.value(self._chosen({name: argument}))
        functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._reference,
            "Fn::GetAtt": self._attribute,
            "Fn::ImportValue": self._import,
            "Fn::Join": lambda its: str(its[0]).join(map(str, self.value(its[1]))),
            "Fn::Select": lambda its: self.value(its[1])[int(self.value(its[0]))],
            "Fn::Split": lambda its: str(self.value(its[1])).split(its[0]),
            "Fn::Sub": self._substituted,
        }
        if name not in functions:
            raise UnresolvedError(f"{name} is not known here")
        return functions[name](argument)

    def _reference(self, name: str) -> str:
        for known in (self.values, self.physical):
            if name in known:
                return known[name]
        raise UnresolvedError(f"{name} is no parameter and no resource of the stack")

    def _import(self, node: Any) -> str:
        name = self.value(node)
        found = self.exports().get(name)
        if found is None:
            raise UnresolvedError(f"no stack exports {name}")
        return found

    def _substituted(self, argument: Any) -> str:
        text, given = (argument, {}) if isinstance(argument, str) else argument

        def of(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in given:
                return str(self.value(given[name]))
            return str(self._attribute(name.split(".", 1)) if "." in name else self._reference(name))

        return _VARIABLE.sub(of, text)

    def _attribute(self, argument: Any) -> str:
        """What follows from the physical id; other attributes only AWS knows."""
        id, attribute = argument if isinstance(argument, list) else str(argument).split(".", 1)
        physical = self._reference(id)
        resource = self.body["Resources"][id]
        here = {"partition": self.values["AWS::Partition"], "account": self.values["AWS::AccountId"]}
        path = self.value(resource.get("Properties", {}).get("Path", "/"))
        known = {
            ("AWS::KMS::Key", "Arn"): f"arn:{{partition}}:kms:{self.values['AWS::Region']}:{{account}}:key/{physical}",
            ("AWS::S3::Bucket", "Arn"): f"arn:{{partition}}:s3:::{physical}",
            ("AWS::IAM::Role", "Arn"): f"arn:{{partition}}:iam::{{account}}:role{path}{physical}",
            ("AWS::EC2::SecurityGroup", "GroupId"): physical,
            ("AWS::SageMaker::Model", "ModelName"): physical.rsplit("/", 1)[-1],
            ("AWS::SageMaker::EndpointConfig", "EndpointConfigName"): physical.rsplit("/", 1)[-1],
        }
        if (resource["Type"], attribute) not in known:
            raise UnresolvedError(f"{attribute} of {id} ({resource['Type']})")
        return known[resource["Type"], attribute].format(**here)

    def _holds(self, node: Any) -> bool:
        """A condition's expression."""
        ((name, argument),) = node.items()
        if name == "Condition":
            return self.holds(argument)
        if name == "Fn::Equals":
            return bool(self.value(argument[0]) == self.value(argument[1]))
        if name == "Fn::Not":
            return not self._holds(argument[0])
        if name in ("Fn::And", "Fn::Or"):
            return (all if name == "Fn::And" else any)([self._holds(each) for each in argument])
        raise UnresolvedError(f"{name} is not known here")
