"""What all commands share: their options, the console, and how they come to an environment."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from config import load_environment
from ops.second_factor import VARIABLE, SecondFactor
from ops.session import Environment, OpsError

console = Console(highlight=False, soft_wrap=True)

Env = Annotated[str, typer.Option("--env", envvar="ASHLAR_ENV", help="Environment: a file of config/environments.")]
Model = Annotated[str, typer.Argument(help="Model of the environment's configuration.")]
Endpoint = Annotated[str, typer.Argument(help="Endpoint of the environment's configuration.")]
DataFile = Annotated[Path, typer.Option("--data", help="CSV file of raw data, gzipped or not.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept where others will look.")]
MfaSerial = Annotated[
    str | None,
    typer.Option("--mfa-serial", envvar=VARIABLE, help="ARN of your MFA device, where roles ask for it."),
]
MfaToken = Annotated[str | None, typer.Option("--mfa-token", help="The device's code; without it you are asked.")]


def open_environment(name: str, second_factor: SecondFactor | None = None) -> Environment:
    """The environment of a configuration file."""
    return Environment(load_environment(name), second_factor=second_factor)


def open_endpoint(name: str, endpoint: str, second_factor: SecondFactor | None = None) -> Environment:
    """As `open_environment`. Raises OpsError where the configuration has no such endpoint."""
    platform = load_environment(name)
    known(endpoint, list(platform.endpoints), "endpoint")
    return open_environment(name, second_factor)


def second_factor_of(serial: str | None, code: str | None) -> SecondFactor | None:
    """The MFA device that the options name."""
    if code and not serial:
        raise OpsError(f"--mfa-token is the code of a device: name it by --mfa-serial or {VARIABLE}.")
    return SecondFactor(serial, code) if serial else None


def known(name: str, names: list[str], what: str) -> None:
    """Raise OpsError, with what there is, unless `name` is among `names`."""
    if name not in names:
        raise OpsError(f"There is no {what} {name!r} in this environment. Use one of: {', '.join(names)}.")


def moment(time: datetime) -> str:
    """A time as the tables show it: UTC, to the second."""
    return time.strftime("%Y-%m-%d %H:%M:%S")


def duration(seconds: float) -> str:
    """`75` -> `1 min 15 s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def plain(line: str) -> None:
    """Print a line that may hold brackets, which rich would take for markup."""
    console.print(line, markup=False)
