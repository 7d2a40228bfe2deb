"""The part of JSON Schema (2020-12) that a declaration may use: what the front door's function can check quickly.

The function's own validator has exactly these keywords (lambda/front_door/schema.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

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


def _is_pattern(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(re.compile(value))
    except re.error:
        return False


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_properties(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(name, str) for name in value)


# Keyword -> whether its value is one, and what it must be.
KEYWORDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "type": (_is_type, f"one of {', '.join(TYPES)}, or a list of them"),
    "properties": (_is_properties, "a mapping of name to schema"),
    "required": (_is_names, "a list of names"),
    "additionalProperties": (lambda value: value is False, "false, or left out"),
    "items": (lambda value: isinstance(value, dict), "a schema"),
    "minItems": (_is_count, "a whole number of at least 0"),
    "maxItems": (_is_count, "a whole number of at least 0"),
    "enum": (lambda value: isinstance(value, list) and bool(value), "a list of values"),
    "minLength": (_is_count, "a whole number of at least 0"),
    "maxLength": (_is_count, "a whole number of at least 0"),
    "minimum": (_is_number, "a number"),
    "maximum": (_is_number, "a number"),
    "pattern": (_is_pattern, "a regular expression"),
    "description": (lambda value: isinstance(value, str), "a text"),
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


def _inside(keyword: str, value: Any, path: str) -> Iterator[Finding]:
    if keyword == "properties":
        for name, schema in value.items():
            yield from findings(schema, f"{path}.{name}")
    elif keyword == "items":
        yield from findings(value, path)
