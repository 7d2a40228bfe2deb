"""Finds the predictions in an answer's body: CSV cells, or the values that a JSON pointer leads to.

What a model answers is its own affair, so the pointer is given, not known here.
"""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from typing import Any

from ops.session import OpsError

# Of {"predictions": [{"label": …}, …]}, which `model_code` answers.
DEFAULT = "/predictions/*/label"
# What is longer than exact arithmetic is a name made of digits.
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{0,12})?")


class UnusableError(Exception):
    """A record that cannot be used, in few words: they are counted."""


class Pointer:
    """A JSON pointer (RFC 6901) in which `*` stands for every element of a list. Raises OpsError where it is none."""

    def __init__(self, text: str) -> None:
        if text and not text.startswith("/"):
            raise OpsError(f"--prediction {text!r} is no JSON pointer: it begins with '/', as in {DEFAULT}.")
        self._text = text
        self._parts = [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]

    def values(self, document: Any) -> list[Any]:
        """All that it leads to, in order. Raises UnusableError where it leads nowhere, or not to values."""
        found = [document]
        for part in self._parts:
            found = [value for each in found for value in self._step(each, part)]
        if not found or any(isinstance(each, dict | list) or each is None for each in found):
            raise self._nothing()
        return found

    def _step(self, document: Any, part: str) -> list[Any]:
        if isinstance(document, list):
            if part == "*":
                return document
            if part.isascii() and part.isdigit() and int(part) < len(document):
                return [document[int(part)]]
        elif isinstance(document, dict) and part in document:
            return [document[part]]
        raise self._nothing()

    def _nothing(self) -> UnusableError:
        return UnusableError(f"no prediction at {self._text or 'the top'} of the answer")


def predictions(body: str, content_type: str, pointer: Pointer) -> list[str]:
    """The labels of an answer, one for each instance. Raises UnusableError."""
    if "csv" in content_type.lower():
        return cells(body)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise UnusableError("the answer is no JSON") from None
    return [label(value if isinstance(value, str) else json.dumps(value)) for value in pointer.values(document)]


def cells(text: str) -> list[str]:
    """The labels in CSV, whatever its lines. Raises UnusableError where there is none, or an empty one."""
    try:
        found = [label(cell) for row in csv.reader(io.StringIO(text, newline=""), strict=True) for cell in row]
    except csv.Error:
        raise UnusableError("no valid CSV") from None
    if not found or not all(found):
        raise UnusableError("an empty label")
    return found


def label(text: str) -> str:
    """A label as it is compared: `1`, `1.0` and ` 1 ` are one, and any other text is itself."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return text
    number = Decimal(text)
    return str(number.normalize() if number else Decimal(0))
