"""Which function checks which row: `@control("S3.5")` over a function of the estate."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from review.controls.estate import Estate
from review.controls.findings import Finding

Check = Callable[[Estate], Iterator[Finding]]
CHECKS: dict[str, Check] = {}


def control(*ids: str) -> Callable[[Check], Check]:
    """Register the check of one row, or of rows that demand the same. A row has one check."""

    def register(check: Check) -> Check:
        for id in ids:
            if id in CHECKS:
                raise ValueError(f"control {id} has two checks: {CHECKS[id].__qualname__} and {check.__qualname__}.")
            CHECKS[id] = check
        return check

    return register


def name(check: Check) -> str:
    """`s3.versioned`: where a reader finds the check."""
    return f"{check.__module__.rsplit('.', 1)[-1]}.{check.__name__}"
