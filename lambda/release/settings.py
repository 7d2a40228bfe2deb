"""The function's environment, read and checked once at start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

VARIABLES = ("ENDPOINTS", "TOPIC_ARN")


@dataclass(frozen=True)
class Variant:
    """One variant or shadow that is released: the stack parameter that selects its package, the group of its packages.

    One whose package or image is fixed by the configuration is not among them.
    """

    name: str
    parameter: str
    group: str
    weight: float


@dataclass(frozen=True)
class Endpoint:
    """One inference stack, the role CloudFormation releases it with, and its variants.

    `name` is the SageMaker endpoint's, `configuration` the logical id of its configuration in the stack, `models` those
    of its models, all in lower case: CloudFormation makes names of them, `<logical id>-<random>`.
    """

    stack: str
    role: str
    name: str
    configuration: str
    models: tuple[str, ...]
    variants: tuple[Variant, ...]


def endpoints(environment: Mapping[str, str]) -> tuple[Endpoint, ...]:
    """`ENDPOINTS`: a JSON list of objects with the fields of Endpoint, and those of Variant in its `variants`.

    Raises ValueError naming the variable, the place in it, the value and what belongs there.
    """
    text = environment.get("ENDPOINTS")
    try:
        described = json.loads(text or "")
    except ValueError:
        raise _wrong("ENDPOINTS", text, "a JSON list of the inference stacks to release") from None
    found = [_endpoint(each, f"ENDPOINTS[{n}]") for n, each in enumerate(_list(described, "ENDPOINTS"))]
    return tuple(found)


def topic(environment: Mapping[str, str]) -> str:
    """`TOPIC_ARN`: the operators' topic. Raises ValueError when it is missing or not a topic's ARN."""
    arn = environment.get("TOPIC_ARN", "")
    if arn.split(":")[2:3] != ["sns"]:
        raise _wrong("TOPIC_ARN", arn, "the ARN of the operators' topic, arn:aws:sns:…")
    return arn


def _endpoint(value: Any, where: str) -> Endpoint:
    texts = ("stack", "role", "name", "configuration")
    _keys(value, where, {*texts, "models", "variants"})
    models = [_text(each, f"{where}.models[{n}]") for n, each in enumerate(_list(value["models"], f"{where}.models"))]
    variants = [
        _variant(each, f"{where}.variants[{n}]") for n, each in enumerate(_list(value["variants"], f"{where}.variants"))
    ]
    return Endpoint(
        **{key: _text(value[key], f"{where}.{key}") for key in texts}, models=tuple(models), variants=tuple(variants)
    )


def _variant(value: Any, where: str) -> Variant:
    texts = ("name", "parameter", "group")
    _keys(value, where, {*texts, "weight"})
    weight = value["weight"]
    if isinstance(weight, bool) or not isinstance(weight, int | float) or weight < 0:
        raise _wrong(f"{where}.weight", weight, "a number from 0")
    return Variant(**{key: _text(value[key], f"{where}.{key}") for key in texts}, weight=weight)


def _keys(value: Any, where: str, expected: set[str]) -> None:
    if not isinstance(value, dict) or set(value) != expected:
        raise _wrong(where, value, f"an object with exactly {', '.join(sorted(expected))}")


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong(where, value, "a list")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise _wrong(where, value, "a text that is not empty")
    return value


def _wrong(where: str, value: Any, rule: str) -> ValueError:
    return ValueError(f"{where} is {value!r}; it must be {rule}. The release stack writes it: deploy that stack again.")
