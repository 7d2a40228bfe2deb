"""Arguments of an AWS operation, given their types again: CloudFormation hands numbers over as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_TRUTH = {"true": True, "false": False}
_KINDS: Mapping[str, Callable[[str], Any]] = {
    "boolean": lambda text: _TRUTH[text.lower()],
    "double": float,
    "float": float,
    "integer": int,
    "long": int,
}


def typed(value: Any, shape: Any, where: str) -> Any:
    """`value` as botocore's `shape` wants it. Raises ValueError for an unknown member, and for another type."""
    container = {"structure": dict, "list": list}.get(shape.type_name)
    if container and not isinstance(value, container):
        raise _wrong(where, value, shape)
    if shape.type_name == "structure":
        return {key: typed(each, _member(shape, key, where), f"{where}.{key}") for key, each in value.items()}
    if shape.type_name == "list":
        return [typed(each, shape.member, f"{where}[{n}]") for n, each in enumerate(value)]
    if shape.type_name not in _KINDS:
        return value
    try:
        return _KINDS[shape.type_name](str(value))
    except (KeyError, ValueError):
        raise _wrong(where, value, shape) from None


def _member(shape: Any, key: str, where: str) -> Any:
    if key not in shape.members:
        known = ", ".join(shape.members)
        raise ValueError(f"{where} has {key!r}; the API knows {known}. Mend the inference stack's template.")
    return shape.members[key]


def _wrong(where: str, value: Any, shape: Any) -> ValueError:
    return ValueError(f"{where} is {value!r}; the API takes a {shape.type_name}. Mend the inference stack's template.")
