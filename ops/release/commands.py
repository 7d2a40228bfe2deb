"""`python -m ops release`: status, history, rollback, pause, resume."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from ops.command_line import Endpoint, Env, Reason, console, duration, moment, open_endpoint, plain
from ops.release import steering
from ops.release.history import Rollout, history
from ops.release.registry import Registry, check_reason
from ops.release.state import State, state

app = typer.Typer(help="What was released, what runs, and how to steer it.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable.")]


@app.command(name="status")
def status_command(endpoint: Endpoint, as_json: AsJson = False, env: Env = "local") -> None:
    """Each variant's declared, approved and served package; a roll-out under way; whether releases are paused."""
    found = state(open_endpoint(env, endpoint), endpoint)
    if as_json:
        print(json.dumps(asdict(found), indent=2, default=str))
        return
    _show(endpoint, found)


@app.command(name="history")
def history_command(endpoint: Endpoint, as_json: AsJson = False, env: Env = "local") -> None:
    """The roll-outs of the last 90 days, newest first."""
    environment = open_endpoint(env, endpoint)
    rollouts = history(environment, endpoint, Registry(environment, endpoint))
    if as_json:
        print(json.dumps([asdict(rollout) for rollout in rollouts], indent=2, default=str))
        return
    table = Table(*(Column(name, overflow="fold") for name in ("started", "took", "by", "packages", "result", "why")))
    for its in rollouts:
        packages = "\n".join(f"{variant}: {package}" for variant, package in its.packages.items())
        table.add_row(*map(escape, (moment(its.started), _took(its), its.by, packages, its.result, its.reason)))
    console.print(table)


@app.command(name="rollback")
def rollback_command(
    endpoint: Endpoint,
    reason: Reason,
    variant: Annotated[str | None, typer.Option("--variant", help="Where variants run different packages.")] = None,
    env: Env = "local",
) -> None:
    """Reject the package that runs: the one approved before it is released in its place."""
    _say(steering.rollback(open_endpoint(env, endpoint), endpoint, variant, reason))


@app.command(name="pause")
def pause_command(endpoint: Endpoint, reason: Reason, env: Env = "local") -> None:
    """Release nothing to an endpoint until it is resumed."""
    check_reason(reason)
    _say(steering.pause(open_endpoint(env, endpoint), endpoint, reason))


@app.command(name="resume")
def resume_command(endpoint: Endpoint, env: Env = "local") -> None:
    """Let releases go on."""
    _say(steering.resume(open_endpoint(env, endpoint), endpoint))


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        plain(line)


def _show(endpoint: str, found: State) -> None:
    console.print(f"Endpoint {endpoint}: {found.endpoint_status} on {found.configuration} ({found.stack_status})")
    if found.went_back:
        plain("The endpoint went back to an earlier configuration than its stack's, as it does on an alarm.")
    if found.paused is not None:
        plain(f"Releases are paused: {found.paused}")
    for stage in found.stages:
        since = f" since {moment(stage.since)}" if stage.since else ""
        plain(f"Roll-out under way: {stage.variant} {stage.status}{since}")
    table = Table(*(Column(name, overflow="fold") for name in ("variant", "weight", "declared", "approved", "serving")))
    for its in found.variants:
        serving = "\n".join(its.serving) or "none"
        table.add_row(*map(escape, (its.name, f"{its.weight:g}", its.declared, its.approved, serving)))
    console.print(table)
    if found.last:
        why = f": {found.last.reason}" if found.last.reason else ""
        line = f"Last roll-out {moment(found.last.started)}, {_took(found.last)}, {found.last.result}{why}"
        plain(line)


def _took(rollout: Rollout) -> str:
    if rollout.ended is None:
        # Its traffic may have moved already: `result` says what became of it.
        return "not ended"
    return duration((rollout.ended - rollout.started).total_seconds())
