"""The part of JSON Schema (2020-12) that a declaration may use: what the front door's function can check quickly.

The function's own validator has exactly these keywords (lambda/front_door/schema.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from config.declaration import pattern
from config.errors import Finding
from config.nearest import nearest

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
SOURCE = "JSON Schema 2020-12; docs/front-door.md"


def _is_type(value: Any) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and all(name in TYPES for name in names) and len(set(map(str, names))) == len(names)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value) and len(set(value)) == len(value)


def _is_properties(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(name, str) for name in value)


# Keyword -> whether its value is one, and what it must be.
KEYWORDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "type": (_is_type, f"one of {', '.join(TYPES)}, or a list of them"),
    "properties": (_is_properties, "a mapping of name to schema"),
    "required": (_is_names, "a list of names, each once"),
    "additionalProperties": (lambda value: value is False, "false, or left out"),
    "items": (lambda value: isinstance(value, dict), "a schema"),
    "minItems": (_is_count, "a whole number of at least 0"),
    "maxItems": (_is_count, "a whole number of at least 0"),
    "enum": (lambda value: isinstance(value, list) and bool(value), "a list of values"),
    "minLength": (_is_count, "a whole number of at least 0"),
    "maxLength": (_is_count, "a whole number of at least 0"),
    "minimum": (_is_number, "a number"),
    "maximum": (_is_number, "a number"),
    "pattern": (_is_text, "a regular expression"),
    "description": (_is_text, "a text"),
    "examples": (lambda value: isinstance(value, list), "a list of values"),
}


def findings(schema: Any, path: str) -> Iterator[Finding]:
    """What of `schema` is not of the subset, each with its dotted path below `path`."""
    if not isinstance(schema, dict):
        yield Finding(path, schema, "API-SCHEMA-VALUE", "a schema is a mapping.", "write a mapping.", SOURCE)
        return
    for keyword, value in schema.items():
        here = f"{path}.{keyword}"
        if keyword not in KEYWORDS:
            fix = f"{nearest(str(keyword), KEYWORDS)}remove it. Known here: {', '.join(sorted(KEYWORDS))}."
            yield Finding(here, value, "API-SCHEMA-KEYWORD", "this keyword is not supported.", fix, SOURCE)
        elif not KEYWORDS[keyword][0](value):
            fix = f"write {KEYWORDS[keyword][1]}."
            yield Finding(here, value, "API-SCHEMA-VALUE", f"`{keyword}` has another form.", fix, SOURCE)
        else:
            yield from _inside(keyword, value, here)
    yield from _together(schema, path)


def _together(schema: dict[str, Any], path: str) -> Iterator[Finding]:
    """Keywords that are right alone and let no value through together, or a value that takes hours."""
    for least, most in (("minLength", "maxLength"), ("minItems", "maxItems"), ("minimum", "maximum")):
        low, high = (schema.get(each, 0) for each in (least, most))
        if {least, most} <= schema.keys() and _is_number(low) and _is_number(high) and low > high:
            message = f"no value has `{least}` {low} and `{most}` {high}."
            yield Finding(f"{path}.{least}", low, "API-SCHEMA-VALUE", message, f"write at most {high}.", SOURCE)
    names, known = schema.get("required"), schema.get("properties", {})
    if schema.get("additionalProperties") is False and _is_names(names) and _is_properties(known):
        for name in [name for name in names or [] if name not in known]:
            message = "a required name is not allowed."
            fix = f"{nearest(name, known)}add it to `properties`, or remove it."
            yield Finding(f"{path}.required", name, "API-SCHEMA-VALUE", message, fix, SOURCE)
    if isinstance(schema.get("pattern"), str):
        yield from _pattern(schema, path)


def _pattern(schema: dict[str, Any], path: str) -> Iterator[Finding]:
    text = schema["pattern"]
    here, fault = f"{path}.pattern", pattern.fault(text)
    if fault:
        fix = "write a regular expression that ECMA-262 and Python read alike."
        yield Finding(here, text, "API-SCHEMA-VALUE", f"{fault}.", fix, SOURCE)
    elif pattern.repeats(text) and "maxLength" not in schema:
        message = "a pattern that repeats something is tried on texts of any length."
        yield Finding(here, text, "API-SCHEMA-VALUE", message, "add `maxLength`.", SOURCE)


def _inside(keyword: str, value: Any, path: str) -> Iterator[Finding]:
    if keyword == "properties":
        for name, schema in value.items():
            yield from findings(schema, f"{path}.{name}")
    elif keyword == "items":
        yield from findings(value, path)
