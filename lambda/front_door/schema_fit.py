"""Whether a value is as a schema says, as fast as Python can tell; `schema` finds what is wrong with one that is not.

A wrong "no" costs time, since `schema` then finds nothing; a wrong "yes" would let a value through. So what is rare, an
enum of objects or of numbers, is left to `schema` by saying "no".
"""

from collections.abc import Callable, Mapping
from typing import Any

from front_door.pattern import searching

Fit = Callable[[Any], bool]
Schema = Mapping[str, Any]
_ALL = ("array", "boolean", "integer", "null", "number", "object", "string")
_INFINITE = float("inf")
_LARGEST = 1.7976931348623157e308
"""Of all floats: above it are only integers, which `schema` decides of, and what no float can hold."""


def fitting(schema: Schema) -> Fit:
    """A function that says whether a value, as strict_json gives it, is valid."""
    if "enum" in schema:
        return _enum(schema)
    names = schema.get("type", _ALL)
    names = [names] if isinstance(names, str) else names
    # An integer is a number as well, where both are allowed.
    fits = [_OF_TYPE[name](schema) for name in names if not (name == "integer" and "number" in names)]
    if len(fits) == 1:
        return fits[0]
    if len(fits) == 2:
        one, other = fits
        return lambda value: one(value) or other(value)
    return lambda value: any(fit(value) for fit in fits)


def _enum(schema: Schema) -> Fit:
    """Texts or integers: each is equal only to its like. Another enum is left to `schema`."""
    kinds = {type(value) for value in schema["enum"]}
    if kinds not in ({str}, {int}):
        return lambda value: False
    (kind,) = kinds
    rest = fitting({keyword: its for keyword, its in schema.items() if keyword != "enum"})
    valid = frozenset(value for value in schema["enum"] if rest(value))
    return lambda value: type(value) is kind and value in valid


def _object(schema: Schema) -> Fit:
    properties = {name: fitting(its) for name, its in schema.get("properties", {}).items()}
    required = tuple(schema.get("required", ()))
    is_open = schema.get("additionalProperties") is not False

    def unknown(value: Any) -> bool:
        return is_open

    def fits(value: Any) -> bool:
        if type(value) is not dict:
            return False
        for name, inner in value.items():
            if not properties.get(name, unknown)(inner):
                return False
        for name in required:  # noqa: SIM110 - a generator costs more
            if name not in value:
                return False
        return True

    return fits


def _array(schema: Schema) -> Fit:
    each = fitting(schema["items"]) if "items" in schema else None
    fewest, most = schema.get("minItems", 0), schema.get("maxItems", _INFINITE)

    def fits(value: Any) -> bool:
        return type(value) is list and fewest <= len(value) <= most and (each is None or all(map(each, value)))

    return fits


def _string(schema: Schema) -> Fit:
    fewest, most = schema.get("minLength", 0), schema.get("maxLength", _INFINITE)
    search = searching(schema["pattern"]).search if "pattern" in schema else None
    if fewest == 0 and most == _INFINITE:
        if search is None:
            return lambda value: type(value) is str
        return lambda value: type(value) is str and search(value) is not None
    return lambda value: (
        type(value) is str and fewest <= len(value) <= most and (search is None or search(value) is not None)
    )


def _number(schema: Schema) -> Fit:
    least, most = schema.get("minimum", -_LARGEST), schema.get("maximum", _LARGEST)
    return lambda value: (type(value) is float or type(value) is int) and least <= value <= most


def _integer(schema: Schema) -> Fit:
    least, most = schema.get("minimum", -_LARGEST), schema.get("maximum", _LARGEST)
    return lambda value: (
        (type(value) is int or (type(value) is float and value.is_integer())) and least <= value <= most
    )


_OF_TYPE: Mapping[str, Callable[[Schema], Fit]] = {
    "array": _array,
    "boolean": lambda schema: lambda value: type(value) is bool,
    "integer": _integer,
    "null": lambda schema: lambda value: value is None,
    "number": _number,
    "object": _object,
    "string": _string,
}
