"""StartPipelineExecution and its like."""

import secrets
import string
from typing import Any

from local.sagemaker import listing
from local.sagemaker.errors import ApiError
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.pipelines import executions, operations
from local.sagemaker.pipelines.announcements import ENDED
from local.sagemaker.pipelines.definition import Definition, parse
from local.sagemaker.pipelines.execution import Execution
from local.sagemaker.roles import RoleSession
from local.sagemaker.state import now

_DEFAULT_PARALLEL = 50


@operation(
    "StartPipelineExecution",
    *("PipelineName", "PipelineExecutionDisplayName", "PipelineExecutionDescription", "PipelineParameters"),
    *("ClientRequestToken", "ParallelismConfiguration"),
)
def start_pipeline_execution(call: Call) -> Record:
    """Start an execution as the pipeline's role; a repeated ClientRequestToken finds the first one."""
    pipeline = operations.find(call)
    definition = parse(pipeline["PipelineDefinition"])
    parameters = definition.bind(call.get("PipelineParameters", []))
    token = (f"StartPipelineExecution {pipeline['PipelineArn']}", call["ClientRequestToken"])
    with call.region.lock:
        known = call.region.idempotent.get(token)
        if known:
            return {"PipelineExecutionArn": known}
        session = operations.session(call, pipeline["RoleArn"])
        execution = _new_execution(call, pipeline, definition, parameters)
        arn = str(execution.record["PipelineExecutionArn"])
        call.region.idempotent[token] = arn
        executions.add(execution)
        pipeline["LastRunTime"] = now()
    execution.start(session, _parallel(call, pipeline, execution))
    return {"PipelineExecutionArn": arn}


def _parallel(call: Call, pipeline: Record, execution: Execution) -> int:
    """Return how many steps run at a time: as the request says, else the execution's start, else the pipeline."""
    limits = (
        call.get("ParallelismConfiguration")
        or execution.record.get("ParallelismConfiguration")
        or pipeline.get("ParallelismConfiguration")
        or {"MaxParallelExecutionSteps": _DEFAULT_PARALLEL}
    )
    execution.record["ParallelismConfiguration"] = limits
    return int(limits["MaxParallelExecutionSteps"])


def _new_execution(call: Call, pipeline: Record, definition: Definition, parameters: Record) -> Execution:
    identifier = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(12))
    moment = now()
    record = {
        "PipelineArn": pipeline["PipelineArn"],
        "PipelineExecutionArn": f"{pipeline['PipelineArn']}/execution/{identifier}",
        "PipelineExecutionDisplayName": call.get("PipelineExecutionDisplayName", f"execution-{moment:%s%f}"[:23]),
        "PipelineExecutionDescription": call.get("PipelineExecutionDescription"),
        "PipelineExecutionStatus": "Executing",
        "PipelineParameters": [{"Name": k, "Value": _text(v)} for k, v in parameters.items()],
        "PipelineDefinition": pipeline["PipelineDefinition"],
        "CreationTime": moment,
        "StartTime": moment,
        "LastModifiedTime": moment,
    }
    cache = executions.cache_of(str(pipeline["PipelineArn"]))
    return Execution(call.region, record, definition, parameters, cache)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@operation("DescribePipelineExecution", "PipelineExecutionArn")
def describe_pipeline_execution(call: Call) -> Record:
    """Return the execution."""
    return executions.find(call["PipelineExecutionArn"]).record


@operation("DescribePipelineDefinitionForExecution", "PipelineExecutionArn")
def describe_definition_for_execution(call: Call) -> Record:
    """Return the definition that the execution runs."""
    return executions.find(call["PipelineExecutionArn"]).record


@operation("ListPipelineParametersForExecution", "PipelineExecutionArn", "MaxResults", "NextToken")
def list_parameters_for_execution(call: Call) -> Record:
    """Return the values that the execution runs with."""
    parameters = executions.find(call["PipelineExecutionArn"]).record["PipelineParameters"]
    return listing.cut(call, parameters, "PipelineParameters")


@operation(
    "ListPipelineExecutions",
    *("PipelineName", "CreatedAfter", "CreatedBefore", "SortBy", "SortOrder", "MaxResults", "NextToken"),
)
def list_pipeline_executions(call: Call) -> Record:
    """Return the pipeline's executions."""
    records = [execution.record for execution in executions.of(operations.find(call)["PipelineArn"])]
    return listing.page(call, records, "PipelineExecutionSummaries", "PipelineExecutionArn")


@operation("ListPipelineExecutionSteps", "PipelineExecutionArn", "SortOrder", "MaxResults", "NextToken")
def list_pipeline_execution_steps(call: Call) -> Record:
    """Return the steps that were started; steps not taken are not listed, as in AWS."""
    execution = executions.find(call["PipelineExecutionArn"])
    with call.region.lock:
        records = [{**record, "CreationTime": record["StartTime"]} for record in execution.step_records.values()]
    return listing.page(call, records, "PipelineExecutionSteps", "StepName")


@operation("RetryPipelineExecution", "PipelineExecutionArn", "ClientRequestToken", "ParallelismConfiguration")
def retry_pipeline_execution(call: Call) -> Record:
    """Run the steps of an execution again that did not succeed, with its definition and parameters."""
    execution = executions.find(call["PipelineExecutionArn"])
    arn = str(execution.record["PipelineExecutionArn"])
    token = (f"RetryPipelineExecution {arn}", call["ClientRequestToken"])
    pipeline = operations.table(call.region)[str(execution.record["PipelineArn"]).rsplit("/", 1)[-1]]
    if execution.record["PipelineExecutionStatus"] in ENDED:
        execution.finished.wait()  # its state is told a moment before its thread ends
    with call.region.lock:
        if call.region.idempotent.get(token):
            return {"PipelineExecutionArn": arn}
        status = execution.record["PipelineExecutionStatus"]
        if status not in ("Failed", "Stopped"):
            raise ApiError(
                "ConflictException", f"Only executions that failed or were stopped are retried, not {status}."
            )
        name = pipeline["PipelineName"]
        source = call.region.arn(f"pipeline/{name}")
        session = RoleSession(pipeline["RoleArn"], "SageMaker", source_arn=source, network={})
        call.region.idempotent[token] = arn
        execution.retry(session, _parallel(call, pipeline, execution))
    return {"PipelineExecutionArn": arn}


@operation("StopPipelineExecution", "PipelineExecutionArn", "ClientRequestToken")
def stop_pipeline_execution(call: Call) -> Record:
    """Stop an execution and the jobs it runs."""
    execution = executions.find(call["PipelineExecutionArn"])
    if execution.finished.is_set():
        raise ApiError("ConflictException", "Only pipeline executions in status Executing can be stopped.")
    execution.request_stop()
    return {"PipelineExecutionArn": execution.record["PipelineExecutionArn"]}
