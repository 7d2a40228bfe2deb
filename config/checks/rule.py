"""A rule: its id, message and source, and the function that finds where it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.errors import Finding
from config.schema import Platform

DEVELOPMENT = ("local", "dev")


@dataclass(frozen=True)
class Violation:
    """Where a rule is broken, and the mend. `rule` adds its id, message and source."""

    path: str
    value: Any
    fix: str


Check = Callable[[Platform, Path], Iterable[Violation]]


@dataclass(frozen=True)
class Rule:
    """One rule of the field."""

    id: str
    message: str
    source: str
    find: Check


RULES: list[Rule] = []


def rule(id: str, message: str, source: str) -> Callable[[Check], Check]:
    """Register a check under its id."""

    def register(find: Check) -> Check:
        RULES.append(Rule(id, message, source, find))
        return find

    return register


def check(platform: Platform, file: Path) -> Iterator[Finding]:
    """Every violation of every rule."""
    for each in RULES:
        for violation in each.find(platform, file):
            yield Finding(violation.path, violation.value, each.id, each.message, violation.fix, each.source)
