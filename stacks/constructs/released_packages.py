"""What is released: a parameter for each variant, and what a variant serves that has no package yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk

from config.schema import Endpoint
from stacks.constructs.naming import construct_id
from stacks.pipeline_definition.steps import INFERENCE_CODE
from stacks.values.container_source import ContainerSource
from stacks.values.hosted import ReleasedVariant
from stacks.values.store import Store

NOT_RELEASED = "none"
CONDITION = "Released"


class ReleasedPackages:
    """One String parameter of the stack for each released variant: the ARN of its package, `none` before the first.

    `cdk deploy` keeps previous values, so a deployment does not undo a release. A variant whose own is `none` serves
    the containers of the heaviest variant that has some; fixed ones always have. `chains`: variant or shadow -> its
    containers.
    """

    def __init__(
        self,
        stack: cdk.Stack,
        *,
        settings: Endpoint,
        chains: Mapping[str, Sequence[ContainerSource]],
        artifacts: Store,
    ) -> None:
        self._stack, self._artifacts = stack, artifacts
        served, weights = settings.served, settings.weights
        groups = {name: next((each.group for each in chain if each.group), None) for name, chain in chains.items()}
        self.variants = [
            ReleasedVariant(name, f"{construct_id(name)}ModelPackage", group, weights[name])
            for name, group in groups.items()
            if group
        ]
        packages = {variant.name: self._parameter(variant) for variant in self.variants}
        self._own = {
            name: [self._container(each, packages.get(name, ""), served[name].environment) for each in chain]
            for name, chain in chains.items()
        }
        self._conditions = {name: self._has_own(name, package) for name, package in packages.items()}
        # A shadow's containers are the last resort: it has no answers to give.
        self._by_weight = sorted(chains, key=lambda name: (name not in settings.variants, -weights[name]))
        self.condition = self._some(fixed=len(self.variants) < len(chains))

    def containers(self, variant: str) -> Any:
        """Its own containers, or else those of the heaviest variant that has some, as CloudFormation's JSON."""
        others = [name for name in self._by_weight if name != variant]
        return self._first_of([variant, *others])

    def only_when_released(self, *resources: cdk.CfnResource) -> None:
        """While nothing is released and nothing fixed, these are left out."""
        for resource in resources if self.condition else ():
            resource.add_override("Condition", self.condition)

    def _parameter(self, variant: ReleasedVariant) -> dict[str, str]:
        """The parameter's value. A direct child of the stack keeps its id as its logical id."""
        cdk.CfnParameter(
            self._stack,
            variant.parameter,
            type="String",
            default=NOT_RELEASED,
            description=f"Model package of variant {variant.name}, set by a release; `{NOT_RELEASED}` before the first",
        )
        return {"Ref": variant.parameter}

    def _container(self, source: ContainerSource, released: Any, environment: Mapping[str, str]) -> dict[str, Any]:
        if source.image:
            code = INFERENCE_CODE if source.artifact else {}
            data = {"ModelDataUrl": f"s3://{self._artifacts.name}/{source.artifact}"} if source.artifact else {}
            return {"Image": source.image.uri, **data, "Environment": {**environment, **code}}
        package = source.package or released
        # The model says in each answer which package it is: true even in the middle of a roll-out. The code is where
        # the package says, in case the service replaces the package's environment instead of adding to it.
        own = {"MODEL_PACKAGE": package, **INFERENCE_CODE}
        return {"ModelPackageName": package, "Environment": {**environment, **own}}

    def _has_own(self, variant: str, package: dict[str, str]) -> cdk.CfnCondition:
        is_none = cdk.Fn.condition_equals(package, NOT_RELEASED)
        id = f"{construct_id(variant)}Released"
        return cdk.CfnCondition(self._stack, id, expression=cdk.Fn.condition_not(is_none))

    def _some(self, *, fixed: bool) -> str | None:
        """Something is released. Not all: a variant new in the YAML must not take the others out of service."""
        if fixed:
            return None
        some: list[Any] = list(self._conditions.values())
        cdk.CfnCondition(self._stack, CONDITION, expression=some[0] if len(some) == 1 else cdk.Fn.condition_or(*some))
        return CONDITION

    def _first_of(self, variants: Sequence[str]) -> Any:
        """The containers of the first of these that has some. One of them has: else there would be no model."""
        first, *others = variants
        own = self._own[first]
        if not others or first not in self._conditions:
            return own
        return {"Fn::If": [f"{construct_id(first)}Released", own, self._first_of(others)]}
