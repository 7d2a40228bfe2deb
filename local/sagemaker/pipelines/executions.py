"""The executions of all pipelines, and what of them later ones may take."""

from local.sagemaker.errors import ApiError, not_found
from local.sagemaker.pipelines.caching import Cache
from local.sagemaker.pipelines.execution import Execution

_executions: dict[str, Execution] = {}
_caches: dict[str, Cache] = {}


def add(execution: Execution) -> None:
    """Keep an execution findable by its ARN."""
    _executions[str(execution.record["PipelineExecutionArn"])] = execution


def find(arn: str) -> Execution:
    """Return the execution of this ARN."""
    execution = _executions.get(arn)
    if execution is None:
        raise not_found(f"Pipeline execution with ARN {arn} does not exist.")
    return execution


def of(pipeline_arn: str) -> list[Execution]:
    """Return a pipeline's executions in the order of their start."""
    return [execution for execution in _executions.values() if execution.record["PipelineArn"] == pipeline_arn]


def cache_of(pipeline_arn: str) -> Cache:
    """Return the results of a pipeline's steps."""
    return _caches.setdefault(pipeline_arn, Cache())


def forget(pipeline_arn: str) -> None:
    """Remove what a pipeline has run; ConflictException while it runs something."""
    ended = of(pipeline_arn)
    if any(not execution.finished.is_set() for execution in ended):
        raise ApiError("ConflictException", "The pipeline has running executions: stop them first.")
    for execution in ended:
        del _executions[str(execution.record["PipelineExecutionArn"])]
    _caches.pop(pipeline_arn, None)
