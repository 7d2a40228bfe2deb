"""`python -m ops traffic reviews linear=70 xgboost=30`."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.command_line import Endpoint, Env, open_endpoint, plain
from ops.traffic.shares import read
from ops.traffic.shift import Pace, shift


def traffic_command(
    endpoint: Endpoint,
    shares: Annotated[list[str], typer.Argument(help="VARIANT=PERCENT for every variant; 100 together.")],
    step: Annotated[float, typer.Option("--step", help="Percentage points that move at once, at most.")] = 10.0,
    wait: Annotated[float, typer.Option("--wait", help="Seconds that the alarms are watched after each step.")] = 120.0,
    env: Env = "local",
) -> None:
    """Shift live weights in small steps; go back to those of the beginning when a rollback alarm rings."""
    # What is wrong with the command line is said before AWS is asked.
    target, pace = read(shares), Pace(step, wait)
    shift(open_endpoint(env, endpoint), endpoint, target, pace, plain)
