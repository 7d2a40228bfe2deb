"""`python -m ops verify [ENDPOINT]`."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.checks.row import Row, Verdict
from ops.checks.table import count, show
from ops.command_line import Env, console, open_endpoint, open_environment
from ops.session import OpsError
from ops.verify.report import verify


def verify_command(
    endpoint: Annotated[
        str | None, typer.Argument(help="This endpoint only; without it, all of the environment.")
    ] = None,
    env: Env = "local",
) -> None:
    """Compare what runs with what is declared; exit code 1 where they differ, or where it could not be compared."""
    environment = open_endpoint(env, endpoint) if endpoint else open_environment(env)
    rows = verify(environment, endpoint)
    show(console, rows, _told)
    differing = count(rows, Verdict.ERROR)
    if differing:
        raise OpsError(f"{differing} of {len(rows)} checks found a difference, or could not be made.")
    console.print(f"{len(rows)} checks, {count(rows, Verdict.WARNING)} warnings: what runs is what is declared.")


def _told(row: Row) -> str:
    """What differs, where it is declared, and the mend."""
    if row.finding is None:
        return row.check
    its = row.finding
    return (
        f"{row.check}: found {row.found}, declared {row.needed}: {its.message} [{its.rule}, {its.path}] Fix: {its.fix}"
    )
