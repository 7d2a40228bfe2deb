"""The commonest check, as data: one property of every resource of a type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from review.controls.estate import Estate
from review.controls.findings import Finding, expect
from review.controls.registry import control


def demand(id: str, type: str, path: str, *allowed: Any) -> None:
    """Every resource of the type has the property, with one of the allowed values if any are given."""

    def check(estate: Estate) -> Iterator[Finding]:
        yield from (expect(resource, path, *allowed) for resource in estate.of(type))

    check.__name__ = f"{type.rsplit('::', 1)[-1]}.{path}"
    control(id)(check)
