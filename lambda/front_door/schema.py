"""Checks values against the part of JSON Schema (2020-12) that a model's declaration may use, compiled to functions.

Its keywords are those of config/declaration/json_schema.py. A general validator would be ten times the start-up.
"""

import json
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, NoReturn

from front_door.pattern import searching
from front_door.problems import quoted
from front_door.schema_fit import fitting
from front_door.violation import Violation

Check = Callable[[Any], None]

_TYPES: Mapping[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}
_NAMES = {list: "an array", bool: "a boolean", type(None): "null", dict: "an object", str: "a string"}
_ARTICLES = {name: f"an {name}" if name[0] in "aio" else f"a {name}" for name in _TYPES} | {"null": "null"}


def compiled(schema: Mapping[str, Any]) -> Check:
    """A function that raises Violation at the first thing wrong in a value, as strict_json gives it."""
    fits, explain = fitting(schema), _explaining(schema)

    def check(value: Any) -> None:
        if not fits(value):
            explain(value)

    return check


def _explaining(schema: Mapping[str, Any]) -> Check:
    """The same, in three times the time: it knows the schema and the path of each value that it looks at."""
    checks = [make(schema) for keywords, make in _MAKERS if any(keyword in schema for keyword in keywords)]
    if len(checks) == 1:
        return checks[0]

    def check(value: Any) -> None:
        for each in checks:
            each(value)

    return check


def _type(schema: Mapping[str, Any]) -> Check:
    names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    allowed = frozenset(kind for name in names for kind in _TYPES[name])
    # The specification counts 1.0 as an integer.
    whole = "integer" in names and float not in allowed
    wanted = " or ".join(_ARTICLES[name] for name in names)

    def check(value: Any) -> None:
        if type(value) not in allowed and not (whole and type(value) is float and value.is_integer()):
            raise Violation(f"This must be {wanted}, not {_NAMES.get(type(value), 'a number')}.", schema)
        if type(value) is float and not isfinite(value):
            raise Violation("This must be a finite number.", schema)

    return check


def _enum(schema: Mapping[str, Any]) -> Check:
    values = schema["enum"]
    listed = ", ".join(json.dumps(value) for value in values[:20])

    def check(value: Any) -> None:
        if not any(_equal(value, each) for each in values):
            raise Violation(f"This must be one of {listed}.", schema)

    return check


def _equal(one: Any, other: Any) -> bool:
    """As JSON has it: 1 is 1.0 and not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)
    return bool(one == other)


def _required(schema: Mapping[str, Any]) -> Check:
    names = schema["required"]

    def check(value: Any) -> None:
        if type(value) is dict:
            for name in names:
                if name not in value:
                    raise Violation(f"`{name}` is missing.", schema, name)

    return check


def _members(schema: Mapping[str, Any]) -> Check:
    properties = {name: _explaining(its) for name, its in schema.get("properties", {}).items()}
    is_closed = schema.get("additionalProperties") is False

    def check(value: Any) -> None:
        if type(value) is not dict:
            return
        name = ""
        try:
            for name, inner in value.items():
                its = properties.get(name)
                if its is not None:
                    its(inner)
                elif is_closed:
                    _refuse(name, schema)
        except Violation as violation:
            raise (violation.under(name) if name in properties else violation) from None

    return check


def _refuse(name: str, schema: Mapping[str, Any]) -> NoReturn:
    known = ", ".join(f"`{each}`" for each in schema.get("properties", {})) or "none"
    raise Violation(f"The key {quoted(name)} is unknown. Remove it; allowed: {known}.", schema)


def _array(schema: Mapping[str, Any]) -> Check:
    each = _explaining(schema["items"]) if "items" in schema else None
    fewest, most = schema.get("minItems", 0), schema.get("maxItems")

    def check(value: Any) -> None:
        if type(value) is not list:
            return
        if len(value) < fewest or (most is not None and len(value) > most):
            raise Violation(f"This has {len(value)} items. Send {_range(fewest, most)}.", schema)
        if each is None:
            return
        index = 0
        try:
            for item in value:
                each(item)
                index += 1
        except Violation as violation:
            raise violation.under(index) from None

    return check


def _string(schema: Mapping[str, Any]) -> Check:
    fewest, most = schema.get("minLength", 0), schema.get("maxLength")
    pattern = schema.get("pattern")
    search = searching(pattern).search if pattern is not None else None

    def check(value: Any) -> None:
        if type(value) is not str:
            return
        if len(value) < fewest or (most is not None and len(value) > most):
            raise Violation(f"This has {len(value)} characters. Send {_range(fewest, most)}.", schema)
        if search is not None and not search(value):
            blank = " It may not be blank." if pattern == r"\S" else ""
            raise Violation(f"This must match the pattern {pattern}.{blank}", schema)

    return check


def _number(schema: Mapping[str, Any]) -> Check:
    least, most = schema.get("minimum"), schema.get("maximum")

    def check(value: Any) -> None:
        if type(value) not in (int, float):
            return
        if (least is not None and value < least) or (most is not None and value > most):
            raise Violation(f"This must be {_range(least, most)}.", schema)

    return check


def _range(least: Any, most: Any) -> str:
    if most is None:
        return f"at least {least}"
    return f"{least} to {most}" if least is not None else f"at most {most}"


# In the order in which a value is checked: what a value is comes before what is in it.
_MAKERS: tuple[tuple[tuple[str, ...], Callable[[Mapping[str, Any]], Check]], ...] = (
    (("type",), _type),
    (("enum",), _enum),
    (("required",), _required),
    (("properties", "additionalProperties"), _members),
    (("items", "minItems", "maxItems"), _array),
    (("minLength", "maxLength", "pattern"), _string),
    (("minimum", "maximum"), _number),
)
