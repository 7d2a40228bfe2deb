"""Whether an example is as a declaration's schema says. Where a value is wrong, and what of the schema it breaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and value == int(value),
    "null": lambda value: value is None,
    "number": lambda value: _is_number(value),
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}


def broken(schema: Schema, value: Any, path: str) -> Iterator[tuple[str, Any, str]]:
    """Path, value and keyword of all that is wrong in `value`."""
    named = schema.get("type", [])
    types = named if isinstance(named, list) else [named]
    if types and not any(_TYPES[each](value) for each in types):
        yield path, value, "type"
        return
    for keyword, holds in _KEYWORDS.items():
        if keyword in schema and not holds(value, schema[keyword]):
            yield path, value, keyword
    yield from _inside(schema, value, path)


def _inside(schema: Schema, value: Any, path: str) -> Iterator[tuple[str, Any, str]]:
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        for name, inner in value.items():
            if name in properties:
                yield from broken(properties[name], inner, f"{path}.{name}")
            elif schema.get("additionalProperties") is False:
                yield f"{path}.{name}", inner, "additionalProperties"
    if isinstance(value, list) and "items" in schema:
        for index, inner in enumerate(value):
            yield from broken(schema["items"], inner, f"{path}.{index}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equal(one: Any, other: Any) -> bool:
    """As JSON has it: 1 is 1.0 and not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)
    return bool(one == other)


def _sized(kind: type[list[Any]] | type[str], holds: Callable[[int, int], bool]) -> Callable[[Any, int], bool]:
    return lambda value, bound: not isinstance(value, kind) or holds(len(value), bound)


_KEYWORDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "enum": lambda value, values: any(_equal(value, each) for each in values),
    "required": lambda value, names: not isinstance(value, dict) or set(names) <= value.keys(),
    "minItems": _sized(list, lambda size, bound: size >= bound),
    "maxItems": _sized(list, lambda size, bound: size <= bound),
    "minLength": _sized(str, lambda size, bound: size >= bound),
    "maxLength": _sized(str, lambda size, bound: size <= bound),
    "minimum": lambda value, bound: not _is_number(value) or value >= bound,
    "maximum": lambda value, bound: not _is_number(value) or value <= bound,
    "pattern": lambda value, pattern: not isinstance(value, str) or re.search(pattern, value) is not None,
}
