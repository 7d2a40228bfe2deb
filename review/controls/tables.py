"""`controls.csv` and `exceptions.csv`, read strictly."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
SHORTEST_REASON = 20


class TableError(ValueError):
    """A row of the tables that is wrong: unknown, doubled, without a check, or stale."""


@dataclass(frozen=True)
class Control:
    """One row. `types`: CloudFormation types it is about. `follows`: the rows whose result it takes."""

    id: str
    source: str
    severity: str
    demand: str
    types: tuple[str, ...]
    follows: tuple[str, ...]


@dataclass(frozen=True)
class Exemption:
    """What is not met on purpose: a control, in some environments (`*`: all), at some resources, and why.

    `resources` is matched, with `*` and `?`, against `<stack>/<LogicalId>` of the findings.
    """

    id: str
    environments: tuple[str, ...]
    resources: str
    reason: str

    def covers(self, id: str, environment: str, where: str) -> bool:
        here = "*" in self.environments or environment in self.environments
        return here and id == self.id and fnmatchcase(where, self.resources)


@cache
def controls() -> tuple[Control, ...]:
    """Every row, in the table's order. Raises TableError."""
    rows = [
        Control(row["id"], row["source"], row["severity"], row["demand"], _words(row["types"]), _words(row["follows"]))
        for row in _read("controls.csv")
    ]
    known = {row.id for row in rows}
    if len(known) != len(rows):
        raise TableError("controls.csv: an id stands there twice.")
    for row in rows:
        if unknown := set(row.follows) - known:
            raise TableError(f"controls.csv: {row.id} follows {', '.join(sorted(unknown))}, which is no row.")
    return tuple(rows)


@cache
def exemptions() -> tuple[Exemption, ...]:
    """Every exception. Raises TableError for an unknown control or a reason too short to explain anything."""
    found = [
        Exemption(row["id"], _words(row["environments"]), row["resources"], row["reason"])
        for row in _read("exceptions.csv")
    ]
    known = {control.id for control in controls()}
    for exemption in found:
        if exemption.id not in known:
            raise TableError(f"exceptions.csv: {exemption.id} is no control; see controls.csv.")
        if len(exemption.reason) < SHORTEST_REASON:
            raise TableError(f"exceptions.csv: the reason of {exemption.id}, {exemption.reason!r}, explains nothing.")
    return tuple(found)


def _read(name: str) -> Iterable[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, strict=True)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())
