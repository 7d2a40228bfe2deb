"""Executions as they are listed, and the one that a command is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ops.session import Environment, OpsError

RUNNING = ("Executing", "Stopping")


@dataclass(frozen=True)
class Execution:
    """One execution. `reason`: why it failed, if it did; `ended` is None while it runs."""

    arn: str
    status: str
    started: datetime
    reason: str = ""

    @property
    def id(self) -> str:
        """The end of its ARN, which people type."""
        return self.arn.rsplit("/", 1)[-1]

    def parameters(self, sagemaker: Any) -> dict[str, str]:
        """What it was started with, defaults included."""
        listed = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=self.arn)
        return {each["Name"]: each["Value"] for each in listed["PipelineParameters"]}


def executions(environment: Environment, model: str) -> Iterator[Execution]:
    """Newest first."""
    pages = (
        environment.client("sagemaker")
        .get_paginator("list_pipeline_executions")
        .paginate(PipelineName=environment.platform.name(model), SortBy="CreationTime", SortOrder="Descending")
    )
    for page in pages:
        for each in page["PipelineExecutionSummaries"]:
            status = each["PipelineExecutionStatus"]
            reason = each.get("PipelineExecutionFailureReason", "")
            yield Execution(each["PipelineExecutionArn"], status, each["StartTime"], reason)


def one(environment: Environment, model: str, id: str | None) -> Execution:
    """The execution of this id, or the newest. Raises OpsError where there is none."""
    for execution in executions(environment, model):
        if id is None or execution.id == id:
            return execution
    listed = environment.command("pipeline", "list", model)
    if id is None:
        raise OpsError(f"The pipeline of {model} was never started.")
    raise OpsError(f"The pipeline of {model} has no execution {id!r}. See them with\n  {listed}")
