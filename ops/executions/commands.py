"""`python -m ops pipeline`: start, list, show, logs, stop."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from config import load_environment
from ops.command_line import Env, Model, console, known, moment, open_environment, plain
from ops.executions.found import RUNNING, one
from ops.executions.found import executions as every
from ops.executions.logs import log_of, where_logs_are
from ops.executions.starting import start
from ops.pipeline import follow, listed_steps, steps_of
from ops.session import Environment

app = typer.Typer(help="Start a model's pipeline, look at its executions, stop one.", no_args_is_help=True)
Id = Annotated[str | None, typer.Option("--execution", help="Its id; without one the newest.")]


Given = Annotated[list[str] | None, typer.Option("--set", help="name=value of a parameter; as often as needed.")]
Batch = Annotated[str | None, typer.Option("--batch", help="Key of a batch's _READY marker; without one the newest.")]


@app.command(name="start")
def start_command(
    model: Model,
    given: Given = None,
    batch: Batch = None,
    wait: Annotated[bool, typer.Option("--follow", help="Show its steps until it ends.")] = False,
    env: Env = "local",
) -> None:
    """Start the pipeline, on the newest batch unless another is named."""
    environment = _open(env, model)
    arn = start(environment, model, given or [], batch)
    plain(f"Pipeline execution {arn.rsplit('/', 1)[-1]}")
    if wait:
        for step, state, detail in follow(environment, model, arn):
            console.print(f"  {step:<20} {state:<10} {escape(detail)}".rstrip())


@app.command(name="list")
def list_command(
    model: Model,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, newest first.")] = 10,
    env: Env = "local",
) -> None:
    """The last executions."""
    environment = _open(env, model)
    table = Table("execution", "started", "status", Column("why", overflow="fold"))
    for its in islice(every(environment, model), limit):
        table.add_row(its.id, moment(its.started), its.status, escape(its.reason))
    console.print(table)


@app.command(name="show")
def show_command(model: Model, execution: Id = None, env: Env = "local") -> None:
    """What an execution was started with, its steps, and why one failed."""
    environment = _open(env, model)
    its = one(environment, model, execution)
    plain(f"Execution {its.id}: {its.status}, started {moment(its.started)} UTC")
    for name, value in its.parameters(environment.client("sagemaker")).items():
        plain(f"  {name} = {value}")
    table = Table("step", "status", Column("what", overflow="fold"))
    for name, state, detail in steps_of(environment, its.arn):
        table.add_row(name, state, escape(detail))
    console.print(table)
    if where := where_logs_are(environment, model, its.id, listed_steps(environment.client("sagemaker"), its.arn)):
        plain(where.lstrip())


@app.command(name="logs")
def logs_command(
    model: Model,
    step: Annotated[str, typer.Argument(help="Step, such as Train-linear.")],
    execution: Id = None,
    env: Env = "local",
) -> None:
    """What a step's job wrote."""
    environment = _open(env, model)
    its = one(environment, model, execution)
    steps = listed_steps(environment.client("sagemaker"), its.arn)
    for line in log_of(environment.client("logs"), steps, step):
        plain(line)


@app.command(name="stop")
def stop_command(model: Model, execution: Id = None, env: Env = "local") -> None:
    """Stop an execution and its jobs; what it registered stays."""
    environment = _open(env, model)
    its = one(environment, model, execution)
    if its.status not in RUNNING:
        plain(f"Execution {its.id} does not run: {its.status}.")
        return
    environment.client("sagemaker").stop_pipeline_execution(PipelineExecutionArn=its.arn)
    plain(f"Execution {its.id} is being stopped.")


def _open(env: str, model: str) -> Environment:
    known(model, list(load_environment(env).models), "model")
    return open_environment(env)
