"""The controls row by row, for a reader: what satisfies each, what looked, or why it is excepted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# Of a hundred resources that satisfy a control the report names a few; report.json names all.
SHOWN = 3


def lines(controls: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """`controls`: environment -> its rows. What several environments have in common is said once."""
    same: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    demands: dict[str, str] = {}
    for environment, rows in sorted(controls.items()):
        for row in rows:
            demands.setdefault(row.id, f"{row.id}: {row.demand}" + (f" ({row.source})" if row.source else ""))
            same[row.id][_said(row).replace(f"-{environment}-", "-<environment>-")].append(environment)
    for id, demand in demands.items():
        yield demand
        for said, environments in same[id].items():
            yield f"  {', '.join(environments)}: {said}"


def _said(row: Any) -> str:
    more = len(row.evidence) - SHOWN
    evidence = "; ".join(row.evidence[:SHOWN]) + (f"; and {more} more" if more > 0 else "")
    parts = [row.status.replace("_", " ").upper(), row.reason, evidence, f"checked by {row.checked_by}"]
    return " | ".join(part for part in parts if part)
