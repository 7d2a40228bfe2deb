"""What the right answers were, in Model Monitor's format: read, and written from a table of labels."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ops.compare.capture import decoded, document, section
from ops.compare.predictions import UnusableError, cells
from ops.session import OpsError

COLUMNS = ["inference_id", "label"]


@dataclass(frozen=True)
class Truth:
    """The labels of one request, one for each instance. `seen`: when they came."""

    key: str
    seen: datetime
    labels: tuple[str, ...]


def read(line: str, seen: datetime) -> Truth:
    """Raises UnusableError with the reason, whatever the line is."""
    record = document(line)
    key = section(record, "eventMetadata").get("eventId")
    if not isinstance(key, str) or not key:
        raise UnusableError("no event id")
    return Truth(key, seen, tuple(cells(decoded(section(record, "groundTruthData")))))


def write(key: str, labels: str) -> str:
    """One line for a request; `labels` as in CSV, one for each instance."""
    record = {
        "groundTruthData": {"data": labels, "encoding": "CSV"},
        "eventMetadata": {"eventId": key},
        "eventVersion": "0",
    }
    return json.dumps(record, ensure_ascii=False)


def lines(file: Path) -> list[str]:
    """The lines for a CSV file with the columns inference_id and label. Raises OpsError that names the row at fault."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            return _lines(csv.reader(stream, strict=True), file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise OpsError(f"{file} cannot be read: {error}. Give a CSV file in UTF-8 with {','.join(COLUMNS)}.") from None


def _lines(rows: Iterable[list[str]], file: Path) -> list[str]:
    found: dict[str, str] = {}
    for number, row in enumerate(rows):
        if number == 0:
            if row != COLUMNS:
                raise OpsError(f"{file} begins with {','.join(row)!r}. Its header must be {','.join(COLUMNS)}.")
            continue
        if not row:
            continue
        key, labels = _row(row, f"{file}, row {number}")
        if key in found:
            raise OpsError(f"{file}, row {number}: {key} occurs twice. Give a request's labels once.")
        found[key] = labels
    if not found:
        raise OpsError(f"{file} has no rows of labels.")
    return [write(key, labels) for key, labels in found.items()]


def _row(row: list[str], place: str) -> tuple[str, str]:
    if len(row) != len(COLUMNS):
        raise OpsError(f'{place} has {len(row)} values, not 2. Put the labels of several instances in quotes: id,"1,0"')
    key, labels = row[0].strip(), row[1].strip()
    if not key:
        raise OpsError(f"{place} has no inference_id.")
    try:
        cells(labels)
    except UnusableError as error:
        raise OpsError(f"{place}: the label {labels!r} has {error}.") from None
    return key, labels
