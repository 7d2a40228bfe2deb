"""The validator: it agrees with a general one on every schema of its subset, and says where and what."""

import json
import math
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from front_door.schema import compiled
from front_door.violation import Violation
from hypothesis import given, settings
from hypothesis import strategies as st

from config.declaration.example import broken
from config.declaration.json_schema import KEYWORDS, TYPES, findings

NAMES = st.sampled_from(["a", "b", "c/d", "~"])
NUMBERS = st.integers(-3, 3) | st.sampled_from([0.0, 0.5, 1.0, -1.0, 2.5, 1e300]) | st.integers()
TEXTS = st.text(st.sampled_from("ab1 \n\u00a0☹"), max_size=4)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=8
)
COUNTS = st.integers(0, 3)
PATTERNS = st.sampled_from([r"\S", "^a", "[0-9]", "^(a|b)+", ""])


def schemas(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Any keywords of the subset together, sensible or not."""
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(TYPES) | st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True),
            "properties": st.dictionaries(NAMES, inner, max_size=3),
            "required": st.lists(NAMES, max_size=2, unique=True),
            "additionalProperties": st.just(False),
            "items": inner,
            "minItems": COUNTS,
            "maxItems": COUNTS,
            "enum": st.lists(VALUES, min_size=1, max_size=3),
            "minLength": COUNTS,
            "maxLength": COUNTS,
            "minimum": st.integers(-2, 2) | st.sampled_from([0.5, -1.0]),
            "maximum": st.integers(-2, 2) | st.sampled_from([0.5, -1.0]),
            "pattern": PATTERNS,
            "description": st.just("about it"),
            "examples": st.lists(VALUES, max_size=1),
        },
    )


SCHEMAS = st.recursive(schemas(st.just({})), schemas, max_leaves=4)


def sensible(schema: dict[str, Any]) -> dict[str, Any]:
    """The same without what contradicts itself."""
    found = {**schema, **({"maxLength": 9} if "pattern" in schema else {})}
    for least, most in (("minItems", "maxItems"), ("minLength", "maxLength"), ("minimum", "maximum")):
        if least in found and most in found:
            found[least], found[most] = sorted((found[least], found[most]))
    if "required" in found:
        found.pop("additionalProperties", None)
    if "items" in found:
        found["items"] = sensible(found["items"])
    return found | {"properties": {name: sensible(its) for name, its in found.get("properties", {}).items()}}


def violation(schema: dict[str, Any], value: Any) -> Violation | None:
    try:
        compiled(schema)(value)
    except Violation as found:
        return found
    return None


@settings(max_examples=600, derandomize=True)
@given(schema=SCHEMAS, value=VALUES)
def should_agree_with_a_general_validator(schema: dict[str, Any], value: Any) -> None:
    assert (violation(schema, value) is None) == jsonschema.Draft202012Validator(schema).is_valid(value)


@settings(max_examples=300, derandomize=True)
@given(schema=SCHEMAS, value=VALUES)
def should_agree_with_what_examples_in_a_declaration_are_held_to(schema: dict[str, Any], value: Any) -> None:
    assert (violation(schema, value) is None) == (not list(broken(schema, value, "x")))


@settings(max_examples=300, derandomize=True)
@given(schema=SCHEMAS, value=VALUES)
def should_point_at_a_value_that_is_there_or_at_a_member_that_is_missing(schema: dict[str, Any], value: Any) -> None:
    found = violation(schema, value)
    if found is None:
        return
    current = value
    steps = [step.replace("~1", "/").replace("~0", "~") for step in found.pointer.split("/")[1:]]
    for index, step in enumerate(steps):
        if isinstance(current, list):
            current = current[int(step)]
        elif step in current:
            current = current[step]
        else:
            assert index == len(steps) - 1 and found.said == f"`{step}` is missing."
    assert len(found.said) < 500
    assert found.advice == "" or found.advice.startswith(" Send for example ")


@settings(max_examples=200, derandomize=True)
@given(schema=SCHEMAS.map(sensible))
def should_compile_what_a_declaration_may_say_and_nothing_else(schema: dict[str, Any]) -> None:
    assert not list(findings(schema, "x"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema) <= set(KEYWORDS)


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        ({"type": "string"}, None, "This must be a string, not null."),
        ({"type": ["array", "object"]}, 1.5, "This must be an array or an object, not a number."),
        ({"type": "integer"}, True, "This must be an integer, not a boolean."),
        ({"type": "integer"}, 1.5, "This must be an integer, not a number."),
        ({"enum": [-1, "x", None]}, 2, 'This must be one of -1, "x", null.'),
        ({"minItems": 1, "maxItems": 3}, [], "This has 0 items. Send 1 to 3."),
        ({"minLength": 2}, "a", "This has 1 characters. Send at least 2."),
        ({"maxLength": 2}, "abc", "This has 3 characters. Send 0 to 2."),
        ({"pattern": "^a"}, "b", "This must match the pattern ^a."),
        ({"minimum": 0, "maximum": 1}, 2, "This must be 0 to 1."),
        ({"maximum": 1}, 10**400, "This must be at most 1."),
        ({"minimum": 1}, -1e300, "This must be at least 1."),
        (
            {"properties": {}, "additionalProperties": False},
            {"k": 1},
            "The key 'k' is unknown. Remove it; allowed: none.",
        ),
    ],
)
def should_say_what_must_hold(schema: dict[str, Any], value: Any, said: str) -> None:
    found = violation(schema, value)
    assert found is not None
    assert found.said == said


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ({"examples": [5], "type": "integer"}, 5),
        ({"items": {"examples": ["x"]}, "type": "array"}, ["x"]),
        ({"properties": {"a": {"examples": [1]}, "b": {}}, "type": "object"}, {"a": 1}),
    ],
)
def should_advise_by_the_declarations_own_examples(schema: dict[str, Any], example: Any) -> None:
    found = violation(schema, None)
    assert found is not None
    assert found.advice == f" Send for example {json.dumps(example)}."


@pytest.mark.parametrize(
    ("pattern", "fitting", "others"),
    [
        ("^[a-z]+$", "abc", ("abc\n", "")),
        (r"^\d$", "5", ("٣", "5\n")),
        (r"^\w$", "a", ("ä",)),
        (r"\S", "x\u00a0", ("\u00a0", "\u2003\ufeff", "\x1c\x85 \t")),
        (r"^[\s]$", "\u2003", ("x",)),
        (r"^\$[$]$", "$$", ("$",)),
    ],
)
def should_read_patterns_as_ecma_262_does(pattern: str, fitting: str, others: tuple[str, ...]) -> None:
    assert violation({"type": "string", "pattern": pattern}, fitting) is None
    for other in others:
        assert violation({"type": "string", "pattern": pattern}, other) is not None, other


def should_give_no_advice_longer_than_the_problem() -> None:
    found = violation({"type": "integer", "examples": ["x" * 300]}, None)
    assert found is not None
    assert found.advice == ""


def should_check_a_thousand_rows_without_growing_a_stack() -> None:
    nested: Any = []
    for _ in range(900):
        nested = [nested]
    assert violation({"type": "array", "items": {"type": "array"}}, nested) is None
    assert violation({"enum": [[[[]]]]}, nested) is not None
    assert math.isfinite(len(str(violation({"enum": [1]}, nested))))
