"""The environment's stacks as they were deployed: templates, resources and what they export."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import yaml

from config import Platform
from ops.checks.cloud import Cloud, UnansweredError
from ops.verify.template import Template, UnresolvedError


class DeployedStack:
    """One stack. Raises UnansweredError where it cannot be read."""

    def __init__(self, deployment: Deployment, described: dict[str, Any]) -> None:
        self._deployment, self._cloud, self.described = deployment, deployment.cloud, described
        self.name = str(described["StackName"])
        self.status = str(described["StackStatus"])

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Parameter -> value."""
        return {its["ParameterKey"]: its["ParameterValue"] for its in self.described.get("Parameters", [])}

    @cached_property
    def template(self) -> Template:
        """With what its functions stand for."""
        answer = self._cloud.ask("cloudformation", "get_template", StackName=self.name, TemplateStage="Processed")[
            "TemplateBody"
        ]
        # The CDK writes small templates as YAML.
        body = yaml.safe_load(answer) if isinstance(answer, str) else answer
        resources = self._cloud.all(
            "cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=self.name
        )
        physical = {
            its["LogicalResourceId"]: its["PhysicalResourceId"] for its in resources if "PhysicalResourceId" in its
        }
        values = {**self._deployment.pseudo(self), **self.parameters}
        return Template(body, values, physical, lambda: self._deployment.exports)

    def of_type(self, type: str) -> dict[str, dict[str, Any]]:
        """Logical id -> properties, unresolved."""
        return self.template.of_type(type)

    def value(self, node: Any) -> Any:
        """A property, resolved."""
        try:
            return self.template.value(node)
        except UnresolvedError as error:
            raise UnansweredError(f"the template of {self.name}", error) from None

    def physical(self, id: str) -> str:
        """The physical id of a resource. Raises UnansweredError where the stack has not made it."""
        found = self.template.physical.get(id)
        if found is None:
            raise UnansweredError(f"{self.name} lists no resource {id}", "")
        return found


class Deployment:
    """All stacks of one environment, by the tags that each of them has."""

    def __init__(self, cloud: Cloud, platform: Platform) -> None:
        self.cloud, self.platform = cloud, platform

    @cached_property
    def stacks(self) -> dict[str, DeployedStack]:
        """Name -> stack."""
        wanted = {"platform": self.platform.prefix, "environment": self.platform.environment}
        found = {}
        for described in self.cloud.all("cloudformation", "describe_stacks", "Stacks"):
            tags = {tag["Key"]: tag["Value"] for tag in described.get("Tags", [])}
            if wanted.items() <= tags.items() and "ParentId" not in described:
                found[described["StackName"]] = DeployedStack(self, described)
        return found

    @cached_property
    def exports(self) -> dict[str, str]:
        """Name -> value, of all stacks of account and region."""
        listed = self.cloud.all("cloudformation", "list_exports", "Exports")
        return {export["Name"]: export["Value"] for export in listed}

    def stack(self, *name: str) -> DeployedStack:
        """One of the environment's stacks. Raises UnansweredError where it is not deployed."""
        full = self.platform.name(*name)
        if full not in self.stacks:
            raise UnansweredError(f"stack {full}", "it is not deployed")
        return self.stacks[full]

    def pseudo(self, stack: DeployedStack) -> dict[str, str]:
        """CloudFormation's own parameters."""
        partition = self.platform.partition
        return {
            "AWS::AccountId": self.platform.account,
            "AWS::Region": self.platform.region,
            "AWS::Partition": partition,
            "AWS::URLSuffix": "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com",
            "AWS::StackName": stack.name,
            "AWS::StackId": str(stack.described.get("StackId", "")),
        }
