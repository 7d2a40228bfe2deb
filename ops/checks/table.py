"""Shows rows: a table, then what is not well, one line each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from ops.checks.row import Row, Verdict


def show(console: Console, rows: Sequence[Row], told: Callable[[Row], str]) -> None:
    """Print all rows, and of each that is not well what `told` says of it."""
    table = Table(*(Column(name, overflow="fold") for name in ("check", "found", "needed", "verdict")))
    for row in rows:
        table.add_row(*map(escape, (row.check, row.found, row.needed, row.verdict)))
    console.print(table)
    for row in rows:
        if row.finding:
            console.print(f"{row.verdict}: {told(row)}", markup=False)


def count(rows: Sequence[Row], verdict: Verdict) -> int:
    """How many rows have a verdict."""
    return sum(row.verdict is verdict for row in rows)
