"""What EventBridge is told of an execution and its steps."""

from typing import Any

from local.sagemaker.events import state_changed
from local.sagemaker.pipelines.definition import Step
from local.sagemaker.state import now

Record = dict[str, Any]
ENDED = ("Succeeded", "Failed", "Stopped")


def execution_changed(record: Record, previous: str) -> None:
    """Tell the state of an execution, whose state was `previous`."""
    arns, status = [record["PipelineArn"], record["PipelineExecutionArn"]], record["PipelineExecutionStatus"]
    detail = {
        "pipelineArn": arns[0],
        "pipelineExecutionArn": arns[1],
        "pipelineExecutionDisplayName": record["PipelineExecutionDisplayName"],
        "pipelineExecutionDescription": record.get("PipelineExecutionDescription"),
        "currentPipelineExecutionStatus": status,
        "previousPipelineExecutionStatus": None if previous == status else previous,
        "executionStartTime": record["CreationTime"],
        "executionEndTime": now() if status in ENDED else None,
    }
    state_changed("Model Building Pipeline Execution Status", detail, arns)


def step_changed(execution: Record, step: Step, record: Record, previous: str | None) -> None:
    """Tell the state of a step, whose state was `previous`."""
    arns = [execution["PipelineArn"], execution["PipelineExecutionArn"]]
    hit = record.get("CacheHitResult", {}).get("SourcePipelineExecutionArn")
    detail = {
        "pipelineArn": arns[0],
        "pipelineExecutionArn": arns[1],
        "stepName": step.name,
        "stepType": step.type,
        "previousStepStatus": previous,
        "currentStepStatus": record["StepStatus"],
        "stepStartTime": record.get("StartTime"),
        "stepEndTime": record.get("EndTime"),
        "cacheHitResult": {"sourcePipelineExecutionArn": hit} if hit else None,
        "failureReason": record.get("FailureReason"),
        "metadata": _lower_names(record.get("Metadata", {})),
    }
    state_changed("Model Building Pipeline Execution Step Status", detail, arns)


def _lower_names(value: Any) -> Any:
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: _lower_names(item) for name, item in value.items()}
    return value
