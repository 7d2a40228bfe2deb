"""Starting a pipeline by hand: its parameters as the configuration declares them, and the batch that it is for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from config.schema import Model, Parameter
from ops.executions.found import executions
from ops.pipeline import MANIFEST_PARAMETER
from ops.session import Environment, OpsError

_TYPES: dict[str, type] = {"integer": int, "float": float}


def start(environment: Environment, model: str, given: Sequence[str], batch: str | None) -> str:
    """ARN of the new execution. `given`: `name=value` texts; `batch`: key of a batch's _READY marker.

    Raises OpsError for a parameter that the pipeline does not have, a value of another type, and without any batch.
    """
    settings = environment.platform.models[model]
    values = parameters(settings, given)
    # A pipeline with a first step that looks for it finds the newest batch by itself.
    if batch or not (settings.schedule or settings.one_at_a_time):
        values[MANIFEST_PARAMETER] = batch or _last_batch(environment, model)
    answer = environment.client("sagemaker").start_pipeline_execution(
        PipelineName=environment.platform.name(model),
        PipelineParameters=[{"Name": name, "Value": value} for name, value in values.items()],
    )
    return str(answer["PipelineExecutionArn"])


def parameters(settings: Model, given: Sequence[str]) -> dict[str, str]:
    """Name -> value, each of its type."""
    found = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals:
            raise OpsError(f"--set {each}: write it as name=value.")
        if name not in settings.parameters:
            known = ", ".join(sorted(settings.parameters)) or "it has none: add it in `parameters` of the model"
            raise OpsError(f"--set {each}: the pipeline has no parameter {name!r}. Use one of: {known}.")
        found[name] = _typed(name, value, settings.parameters[name])
    return found


def _typed(name: str, value: str, parameter: Parameter) -> str:
    if parameter.type == "boolean" and value not in ("true", "false"):
        raise OpsError(f"--set {name}={value}: write true or false.")
    try:
        _TYPES.get(parameter.type, str)(value)
    except ValueError:
        kind = {"integer": "a whole number", "float": "a number"}[parameter.type]
        raise OpsError(f"--set {name}={value}: {name} is {kind}, such as {parameter.default}.") from None
    return value


def _last_batch(environment: Environment, model: str) -> str:
    """The batch of the newest execution that has one: the operator need not see the bucket for it."""
    sagemaker: Any = environment.client("sagemaker")
    for execution in executions(environment, model):
        if manifest := execution.parameters(sagemaker).get(MANIFEST_PARAMETER):
            return manifest
    upload = environment.command("upload", model, "--data", "FILE.csv")
    raise OpsError(f"There was no execution yet, so no batch is known. Upload one, which starts it:\n  {upload}")
