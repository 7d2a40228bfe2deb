"""The function's environment, read and checked once at start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

VARIABLES = ("ENDPOINTS",)


@dataclass(frozen=True)
class Variant:
    """One production variant: the stack parameter that selects its package, the group its packages come from."""

    name: str
    parameter: str
    group: str
    weight: float


@dataclass(frozen=True)
class Endpoint:
    """One inference stack, the role CloudFormation releases it with, and its variants.

    `name` is the SageMaker endpoint's, `configuration` the logical id of its configuration in the stack.
    """

    stack: str
    role: str
    name: str
    configuration: str
    variants: tuple[Variant, ...]


def endpoints(environment: Mapping[str, str]) -> tuple[Endpoint, ...]:
    """`ENDPOINTS`: a JSON list of {stack, role, name, configuration, variants: [{name, parameter, group, weight}]}.

    Raises ValueError naming the variable when it is missing or not of that shape.
    """
    try:
        described = json.loads(environment["ENDPOINTS"])
        return tuple(
            Endpoint(**{**each, "variants": tuple(Variant(**variant) for variant in each["variants"])})
            for each in described
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"ENDPOINTS must describe the inference stacks to release: {error!r}") from None
