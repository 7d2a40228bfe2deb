"""What an endpoint is released from, and what its stack's parameters select."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ops.session import Environment

NOT_RELEASED = "none"
FIXED = "fixed"


def selected(environment: Environment, endpoint: str, stack: Mapping[str, Any]) -> dict[str, str | None]:
    """Variant -> ARN of the package that the stack's parameters select; None before the first release."""
    parameters = {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])}
    values = {
        name: parameters.get(parameter_name(name), NOT_RELEASED)
        for name in environment.platform.endpoints[endpoint].served
    }
    return {name: None if value == NOT_RELEASED else value for name, value in values.items()}


def declared(environment: Environment, endpoint: str, stack: Mapping[str, Any]) -> dict[str, str]:
    """Variant -> the package that the stack selects, `<group>/<version>`.

    `none` before the first release, `fixed` where no release chooses what it serves.
    """
    released = groups(environment, endpoint)
    return {
        name: short(arn or NOT_RELEASED) if name in released else FIXED
        for name, arn in selected(environment, endpoint, stack).items()
    }


def parameter_name(variant: str) -> str:
    """The stack parameter of a variant: `linear` -> `LinearModelPackage`. A variant's name has no hyphen."""
    return f"{variant.title()}ModelPackage"


def configurations(environment: Environment, stack: str) -> list[str]:
    """Names, in lower case, of the endpoint configurations that a stack has made: none before the first release."""
    pages = environment.client("cloudformation").get_paginator("list_stack_resources")
    # The physical id is an ARN, and ARNs have the name in lower case.
    return [
        resource["PhysicalResourceId"].rsplit("/", 1)[-1].lower()
        for page in pages.paginate(StackName=stack)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::SageMaker::EndpointConfig"
    ]


def wanted(environment: Environment, endpoint: str, registered: Iterable[str]) -> dict[str, str]:
    """Variant -> ARN, of those registered packages that are of a variant's own model and candidate.

    A candidate that did not pass its gate registers nothing; its variant goes on with what it has, or the champion's.
    """
    by_group = {group_of(arn): arn for arn in registered}
    return {name: by_group[group] for name, group in groups(environment, endpoint).items() if group in by_group}


def groups(environment: Environment, endpoint: str) -> dict[str, str]:
    """Variant -> the model package group that it is released from. One whose packages or images are fixed is absent."""
    found = {}
    for name, its in environment.platform.endpoints[endpoint].served.items():
        if its.released and its.released.model and its.released.candidate:
            found[name] = environment.platform.name(its.released.model, its.released.candidate)
    return found


def short(arn: str) -> str:
    """`<group>/<version>` of a package; any other text as it is."""
    return arn.split(":model-package/")[-1]


def group_of(arn: str) -> str:
    """The model package group of a package."""
    return short(arn).split("/")[0]


def version_of(arn: str) -> int:
    """A package's version in its group."""
    return int(short(arn).split("/")[1])
