"""The function that a model's pipeline asks before its first job, and for the model that serves now."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk

from config.schema import Model
from stacks.constructs.private_function import PrivateFunction
from stacks.permissions import workflow as permissions
from stacks.permissions.statement import Statement
from stacks.values.function_surroundings import FunctionSurroundings
from stacks.values.store import Store
from stacks.values.workflow import Workflow


def workflow_function(
    stack: cdk.Stack,
    *,
    name: str,
    model: str,
    settings: Model,
    groups: Sequence[str],
    endpoints: Sequence[str],
    raw: Store,
    log_group: str,
    around: FunctionSurroundings,
) -> Workflow | None:
    """None where the pipeline `name` asks nothing. `groups` and `endpoints`: of the model."""
    account = around.identity.account
    statements: list[Statement] = []
    if settings.one_at_a_time or settings.schedule:
        statements += permissions.start(account, pipeline=name, model=model, raw=raw)
    incremental = any(candidate.incremental for candidate in settings.candidates.values())
    if incremental or settings.gate.not_below_champion_by is not None:
        statements += permissions.champion(account, endpoints=endpoints, groups=groups)
    if not statements:
        return None
    function = PrivateFunction(
        stack,
        "Workflow",
        package="workflow",
        log_group=log_group,
        environment={},
        memory_mb=256,
        timeout_seconds=60,
        statements=statements,
        around=around,
    )
    return Workflow(function_arn=function.arn, endpoints=endpoints)
