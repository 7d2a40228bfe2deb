"""What the schema refuses, in the words of someone who writes the file."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from config.errors import Finding
from config.nearest import nearest
from config.schema import Platform, Settings

# pydantic's error type -> what is wrong, what to write. `{...}`: the error's context.
_SENTENCES = {
    "invalid_key": ("a key is a text.", "write it in quotes."),
    "model_type": ("a mapping of settings belongs here.", "write a mapping, `key: value`."),
    "dict_type": ("a mapping belongs here.", "write a mapping, `key: value`."),
    "list_type": ("a list belongs here.", "write a list, `[one, two]`."),
    "string_type": ("a text belongs here.", "write a text, in quotes."),
    "string_pattern_mismatch": ("this has not the form that is needed.", ""),
    "string_too_long": ("this is too long.", "write at most {max_length} characters."),
    "string_too_short": ("this is too short.", "write at least {min_length} character(s)."),
    "too_short": ("these are too few.", "give at least {min_length}."),
    "too_long": ("these are too many.", "give at most {max_length}."),
    "int_type": ("a whole number belongs here.", "write a whole number."),
    "int_parsing": ("a whole number belongs here.", "write a whole number."),
    "int_parsing_size": ("this number is too large.", "write a smaller one."),
    "int_from_float": ("a whole number belongs here.", "write a whole number."),
    "finite_number": ("a number belongs here.", "write a number."),
    "float_type": ("a number belongs here.", "write a number."),
    "float_parsing": ("a number belongs here.", "write a number."),
    "bool_type": ("true or false belongs here.", "write `true` or `false`."),
    "bool_parsing": ("true or false belongs here.", "write `true` or `false`."),
    "greater_than": ("this is too small.", "write a number above {gt:g}."),
    "greater_than_equal": ("this is too small.", "write a number of at least {ge:g}."),
    "less_than_equal": ("this is too large.", "write a number of at most {le:g}."),
    "literal_error": ("this is not one of the choices.", "write {expected}."),
}


def finding(error: Any, model: type[Settings] = Platform) -> Finding:
    """One of pydantic's errors (`ValidationError.errors()`) about a file that `model` describes, as a finding."""
    location, kind, value = error["loc"], error["type"], error["input"]
    path = ".".join(str(part) for part in location if part != "[key]")
    if kind == "extra_forbidden":
        known = _keys(_schema_at(location[:-1], model))
        guess = nearest(str(location[-1]), known) or "remove it. "
        return Finding(path, value, "UNKNOWN-KEY", "this key is unknown.", f"{guess}Known here: {', '.join(known)}.")
    if kind == "missing":
        return Finding(path, None, "REQUIRED", "this setting is required.", f"add `{location[-1]}`.")
    if kind == "broken_rule":
        said = error["ctx"]
        return Finding(path, value, said["rule"], said["text"], said["fix"], said["source"])
    message, fix = _SENTENCES.get(kind, (f"{error['msg']}.", "see `python -m config schema` for what is allowed."))
    told = f"{fix.format(**error.get('ctx', {}))}{_what_it_is(location, model)}".strip()
    return Finding(path, value, "SCHEMA", message, told or "correct it.")


def _what_it_is(location: tuple[str | int, ...], model: type[Settings]) -> str:
    """The setting's description, its keys and an example, as far as the schema has them."""
    schema = _schema_at(location, model)
    keys, examples = ", ".join(_keys(schema)), schema.get("examples")
    parts = (
        f" {schema['description'].rstrip('.')}." if "description" in schema else "",
        f" Known here: {keys}." if keys else "",
        f" Such as `{examples[0]}`." if examples else "",
    )
    return "".join(parts)


@cache
def _whole(model: type[Settings]) -> dict[str, Any]:
    return model.model_json_schema()


def _schema_at(location: tuple[str | int, ...], model: type[Settings]) -> dict[str, Any]:
    """The JSON Schema of a place in the file: its names are those that the file uses."""
    # pydantic puts a mapping's key before `[key]`; what keys may be is said by the mapping.
    location = (*location[:-2], "[key]") if location[-1:] == ("[key]",) else location
    current = whole = _whole(model)
    for part in location:
        current = _plain(_step(current, part), whole.get("$defs", {}))
    return current


def _step(schema: dict[str, Any], part: str | int) -> dict[str, Any]:
    if part == "[key]":
        return cast(dict[str, Any], schema.get("propertyNames", {}))
    unnamed = (*schema.get("patternProperties", {}).values(), schema.get("additionalProperties"), schema.get("items"))
    named = schema.get("properties", {}).get(part)
    return named or next((each for each in unnamed if each), {})


def _plain(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """References followed, and of "this or null" the this; what the place itself says comes before."""
    inner, *_ = schema.get("anyOf", [{}])
    schema = {**inner, **schema}
    if "$ref" in schema:
        schema = {**definitions[schema["$ref"].rsplit("/", 1)[1]], **schema}
    return schema


def _keys(schema: dict[str, Any]) -> list[str]:
    return sorted(schema.get("properties", {}))
