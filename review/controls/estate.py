"""What the checks read: the resources of all stacks, their policy statements and their jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from config.schema import Platform
from review.controls.findings import as_list
from review.iam.template import Resource, resources

_MONITORED = ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")
MONITORING_DEFINITIONS = tuple(f"AWS::SageMaker::{kind}JobDefinition" for kind in _MONITORED)


@dataclass(frozen=True)
class Statement:
    """One statement of a policy document; `holder` is the resource it is written in."""

    holder: Resource
    body: dict[str, Any]

    @property
    def allows(self) -> bool:
        return bool(self.body["Effect"] == "Allow")

    @property
    def actions(self) -> list[str]:
        return as_list(self.body.get("Action", []))

    @property
    def resources(self) -> list[str]:
        return as_list(self.body.get("Resource", []))

    @property
    def condition_keys(self) -> set[str]:
        """Lower case, as IAM compares them."""
        return {key.lower() for keys in self.body.get("Condition", {}).values() for key in keys}

    @property
    def principals(self) -> list[tuple[str, str]]:
        """(kind, value), such as ("Service", "lambda.amazonaws.com"); `*` is ("AWS", "*")."""
        principal = self.body.get("Principal", {})
        if principal == "*":
            return [("AWS", "*")]
        return [(kind, value) for kind, values in principal.items() for value in as_list(values)]

    def __str__(self) -> str:
        return f"statement {self.body.get('Sid') or '/'.join(self.actions)[:60]}"


@dataclass(frozen=True)
class Job:
    """A SageMaker job: a step of a pipeline or a monitoring definition, with its request's arguments."""

    holder: Resource
    name: str
    kind: str
    arguments: dict[str, Any]

    @property
    def where(self) -> str:
        return f"{self.holder.path}/{self.name}"

    @property
    def network(self) -> dict[str, Any]:
        """Training jobs have the network settings among the others, processing jobs in one member."""
        return dict(self.arguments.get("NetworkConfig", self.arguments))

    @property
    def cluster(self) -> dict[str, Any]:
        places = ("ProcessingResources", "JobResources")
        found = [self.arguments[place]["ClusterConfig"] for place in places if place in self.arguments]
        found += [self.arguments[name] for name in ("ResourceConfig", "TransformResources") if name in self.arguments]
        return dict(found[0]) if found else {}

    @property
    def output(self) -> dict[str, Any]:
        names = ("OutputDataConfig", "ProcessingOutputConfig", "TransformOutput")
        return next((dict(self.arguments[name]) for name in names if name in self.arguments), {})


class Estate:
    """All that one environment deploys."""

    def __init__(self, templates: Mapping[str, Mapping[str, Any]], platform: Platform) -> None:
        self.platform = platform
        self.templates = templates
        where = {"account": platform.account, "region": platform.region, "partition": platform.partition}
        self.resources = resources(templates, **where)

    def of(self, *types: str) -> list[Resource]:
        """The resources of these types; `AWS::` may be left out."""
        full = {type if "::" in type and type.startswith(("AWS::", "Custom::")) else f"AWS::{type}" for type in types}
        return [resource for resource in self.resources if resource.type in full]

    @cached_property
    def boundaries(self) -> list[Resource]:
        """The managed policies that roles here have as their permissions boundary."""
        used = {role.properties.get("PermissionsBoundary") for role in self.of("IAM::Role")}
        return [policy for policy in self.of("IAM::ManagedPolicy") if policy.ref in used]

    @cached_property
    def identity_statements(self) -> list[Statement]:
        """What is granted to identities. A boundary grants nothing and is left out."""
        policies = [p for p in self.of("IAM::ManagedPolicy", "IAM::Policy") if p not in self.boundaries]
        found = [(policy, policy.properties["PolicyDocument"]) for policy in policies]
        for holder in self.of("IAM::Role", "IAM::User", "IAM::Group"):
            found += [(holder, inline["PolicyDocument"]) for inline in holder.properties.get("Policies", [])]
        return [s for holder, document in found for s in statements(holder, document)]

    @cached_property
    def trust_statements(self) -> list[Statement]:
        return [s for r in self.of("IAM::Role") for s in statements(r, r.properties["AssumeRolePolicyDocument"])]

    @cached_property
    def jobs(self) -> list[Job]:
        """Every job of every pipeline, and every monitoring definition."""
        definitions = [Job(d, d.logical_id, "Monitoring", d.properties) for d in self.of(*MONITORING_DEFINITIONS)]
        return [job for pipeline in self.of("SageMaker::Pipeline") for job in _steps(pipeline)] + definitions

    def setting(self, path: str) -> Any:
        """A setting of the configuration, `audit.trail`; None where it is not given."""
        value: Any = self.platform.model_dump()
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value


def statements(holder: Resource, document: Mapping[str, Any]) -> list[Statement]:
    """The statements of a document; one statement may stand without a list."""
    return [Statement(holder, body) for body in as_list(document["Statement"])]


def carriers(holder: Resource) -> set[str]:
    """The roles that have the policy; a stack's policies without a role are for one outside, and go together."""
    if holder.type == "AWS::IAM::Role":
        return {holder.ref}
    return set(holder.carried_by) or {f"{holder.stack}: roles outside"}


def _steps(pipeline: Resource) -> Iterator[Job]:
    definition = json.loads(pipeline.properties["PipelineDefinition"]["PipelineDefinitionBody"])
    waiting = list(definition["Steps"])
    while waiting:
        step = waiting.pop(0)
        arguments = step.get("Arguments", {})
        waiting += [*arguments.get("IfSteps", []), *arguments.get("ElseSteps", [])]
        if step["Type"] in ("Processing", "Training", "Transform", "Tuning"):
            yield Job(pipeline, step["Name"], step["Type"], arguments.get("TrainingJobDefinition", arguments))
