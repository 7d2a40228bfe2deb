"""Checks a request body against what the endpoint's model declares, before it costs a model call."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from front_door import strict_json
from front_door.media_types import CSV, JSON, JSON_LINES
from front_door.problems import INVALID_BODY, Problem
from front_door.request import too_large
from front_door.schema import Check, compiled
from front_door.violation import Violation

Declared = Mapping[str, Any]
Count = Callable[[bytes], int | None]


def counter(media: str, declared: Declared) -> Count:
    """A function that gives the number of instances in a valid body of the media type, None where they are bytes.

    It raises Problem (400, 413) at the first violation. Compiled once: keep it.
    """
    if media == JSON:
        return _json(declared)
    if media == JSON_LINES:
        return _lines(declared)
    if media == CSV:
        from front_door.csv_rows import reader  # here: most requests are JSON

        rows = reader(declared["columns"], has_header=declared["header"], instance=declared["instance"])
        return lambda body: _checked(rows(_text(body)), declared["max_instances"], "rows")
    return _bytes(declared["max_bytes"])


def envelope(declared: Declared) -> dict[str, Any]:
    """The JSON Schema of `{"instances": [...]}`."""
    instances = {
        "type": "array",
        "minItems": 1,
        "maxItems": declared["max_instances"],
        "items": declared["instance"],
    }
    return {
        "type": "object",
        "properties": {"instances": instances},
        "required": ["instances"],
        "additionalProperties": False,
    }


def invalid(said: str, pointer: str) -> Problem:
    """400."""
    return Problem(INVALID_BODY, said, pointer=pointer)


def _json(declared: Declared) -> Count:
    check = compiled(envelope(declared))

    def count(body: bytes) -> int:
        try:
            document = strict_json.loads_strangers(body)
            check(document)
        except strict_json.InvalidJsonError as error:
            raise invalid(f"The body is not valid JSON: {error}. Correct it there.", "") from None
        except Violation as violation:
            raise invalid(f"{violation.said}{violation.advice}", violation.pointer) from None
        return len(document["instances"])

    return count


def _lines(declared: Declared) -> Count:
    check = compiled(declared["instance"])

    def one(line: str) -> None:
        try:
            check(strict_json.loads_strangers(line.encode()))
        except strict_json.InvalidJsonError as error:
            raise Violation(f"The line is not valid JSON: {error}. Send one instance on each line.", {}) from None

    def count(body: bytes) -> int:
        # Not splitlines: JSON allows U+2028 and its like inside a text.
        lines = _text(body).removesuffix("\n").split("\n")
        return _checked(((line, one) for line in lines), declared["max_instances"], "lines")

    return count


def _checked(items: Iterable[tuple[Any, Check]], most: int, what: str) -> int:
    """The number of items, each checked by its function; the pointer begins with an item's index, from 0."""
    number = 0
    try:
        for item, check in items:
            if number == most:
                raise invalid(f"The body has more than {most} {what}. Send 1 to {most} a request.", "")
            check(item)
            number += 1
    except Violation as violation:
        detail = f"Of {what}, number {number + 1}: {violation.said}{violation.advice}"
        raise invalid(detail, violation.under(number).pointer) from None
    if not number:
        raise invalid(f"The body has no {what}. Send 1 to {most} a request.", "")
    return number


def _bytes(most: int) -> Count:
    def count(body: bytes) -> None:
        if not body:
            raise invalid("The body is empty. Send the bytes that the model shall read.", "")
        if len(body) > most:
            raise too_large(f"{len(body)} bytes", most, "Send a smaller one.")

    return count


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise invalid(f"Byte {error.start} of the body is not UTF-8. Send text in UTF-8.", "") from None
