"""CSV as RFC 4180 has it: each row as an object of its columns, as the model's declaration names and types them."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from front_door.request import BODY_LIMIT
from front_door.schema import Check, compiled
from front_door.violation import Violation

Rows = Callable[[str], Iterator[tuple[list[str], Check]]]
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,999})")


def reader(columns: Sequence[str], *, has_header: bool, instance: Mapping[str, Any] | None) -> Rows:
    """A function from a text to its rows, each with what checks it. `instance`: schema of a row, None for any texts."""
    check = _row_check(columns, instance or {})

    def rows(text: str) -> Iterator[tuple[list[str], Check]]:
        first = has_header
        for cells in _parsed(text):
            if not first:
                yield cells, check
            elif cells != list(columns):
                raise Violation(f"The first row must name the columns: {','.join(columns)}.", {})
            first = False

    return rows


def _row_check(columns: Sequence[str], instance: Mapping[str, Any]) -> Check:
    inner = compiled(instance)
    types = [_types(instance.get("properties", {}).get(column, {})) for column in columns]

    def check(cells: list[str]) -> None:
        if len(cells) != len(columns):
            wanted = ", ".join(columns)
            raise Violation(f"The row has {len(cells)} fields, not {len(columns)}: {wanted}.", instance)
        inner(dict(zip(columns, map(_value, cells, types), strict=True)))

    return check


def _parsed(text: str) -> Iterator[list[str]]:
    if "\0" in text:  # older readers end a text there
        raise Violation("There is a NUL character in the body. Remove it.", {})
    csv.field_size_limit(BODY_LIMIT)  # the process's: a field may be as long as the body
    try:
        yield from csv.reader(io.StringIO(text, newline=""), strict=True)
    except csv.Error as error:
        raise Violation(f"It is not CSV: {error}. Put texts with commas, quotes or line ends in quotes.", {}) from None


def _types(schema: Mapping[str, Any]) -> frozenset[str]:
    named = schema.get("type", "string")
    return frozenset(named if isinstance(named, list) else [named])


def _value(cell: str, types: frozenset[str]) -> Any:
    """A cell as one of its column's types; a text where it is of none, which the check then refuses."""
    if "string" in types:
        return cell
    if not cell and "null" in types:
        return None
    if WHOLE.fullmatch(cell) and types & {"integer", "number"}:
        return int(cell)
    if NUMBER.fullmatch(cell) and "number" in types and abs(float(cell)) != float("inf"):
        return float(cell)
    return {"true": True, "false": False}.get(cell, cell) if "boolean" in types else cell
