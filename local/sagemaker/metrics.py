"""The metrics of a training job: numbers that regular expressions find in its log."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Any

Record = dict[str, Any]


def final_metrics(definitions: Iterable[Record], lines: Sequence[str]) -> list[Record]:
    """Return the last number that each metric's regular expression found in the log."""
    found = []
    for definition in definitions:
        numbers = history(definition, lines)
        if numbers:
            moment = dt.datetime.now(dt.UTC)
            found.append({"MetricName": definition["Name"], "Value": numbers[-1], "Timestamp": moment})
    return found


def history(definition: Record, lines: Iterable[str]) -> list[float]:
    """Return every number that a metric's regular expression finds in the log, in the order of its lines."""
    matches = (match for line in lines for match in re.findall(definition["Regex"], line))
    return [number for match in matches if (number := _number(match)) is not None]


def _number(match: str | tuple[str, ...]) -> float | None:
    try:
        return float(match if isinstance(match, str) else match[0])
    except ValueError:
        return None
