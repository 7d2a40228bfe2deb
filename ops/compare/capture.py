"""One line of captured data: what SageMaker wrote of a request and its answer (developer guide: data capture)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ops.compare.predictions import Pointer, UnusableError, predictions


@dataclass(frozen=True)
class Answer:
    """One answer of a variant. `key` is what ground truth names: the caller's inference id, else SageMaker's event id.

    `seen`: when it was captured for us to read; `predictions`: one label for each instance.
    """

    key: str
    event: str
    time: datetime
    seen: datetime
    predictions: tuple[str, ...]


def read(line: str, seen: datetime, pointer: Pointer) -> Answer:
    """Raises UnusableError with the reason, whatever the line is."""
    record = document(line)
    metadata = section(record, "eventMetadata")
    event, key = metadata.get("eventId"), metadata.get("inferenceId") or metadata.get("eventId")
    if not isinstance(event, str) or not isinstance(key, str) or not key:
        raise UnusableError("no event id")
    output = section(record, "captureData").get("endpointOutput")
    if not isinstance(output, dict):
        raise UnusableError("no answer was captured")
    body, content_type = decoded(output), str(output.get("observedContentType") or output.get("encoding") or "")
    time = _time(metadata.get("inferenceTime"))
    return Answer(key, event, time, seen, tuple(predictions(body, content_type, pointer)))


def document(line: str) -> dict[str, Any]:
    """The object that a line is. Raises UnusableError."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise UnusableError("the line is no JSON") from None
    if not isinstance(record, dict):
        raise UnusableError("the line is no JSON object")
    return record


def section(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A member that is an object itself. Raises UnusableError."""
    found = record.get(name)
    if not isinstance(found, dict):
        raise UnusableError(f"no {name}")
    return found


def decoded(part: Mapping[str, Any]) -> str:
    """The text of `{data, encoding}`: JSON, CSV and NONE are text as they are. Raises UnusableError."""
    data, encoding = part.get("data"), part.get("encoding")
    if not isinstance(data, str):
        raise UnusableError("no data")
    if encoding == "BASE64":
        try:
            return base64.b64decode(data, validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            raise UnusableError("the data is no text in BASE64") from None
    if encoding not in ("JSON", "CSV", "NONE"):
        raise UnusableError("an unknown encoding")
    return data


def _time(value: Any) -> datetime:
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise UnusableError("no inference time") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
