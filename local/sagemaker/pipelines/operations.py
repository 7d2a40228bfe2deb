"""CreatePipeline, StartPipelineExecution and their like."""

import secrets
import string

from local.sagemaker import listing
from local.sagemaker.errors import ApiError, not_found, validation
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.pipelines.definition import Definition, parse
from local.sagemaker.pipelines.execution import Execution
from local.sagemaker.roles import RoleSession, require_pass_role
from local.sagemaker.state import Region, Table, now

_DEFAULT_PARALLEL = 50
_executions: dict[str, Execution] = {}
_PIPELINE_FIELDS = (
    *("PipelineName", "PipelineDisplayName", "PipelineDefinition", "PipelineDefinitionS3Location"),
    *("PipelineDescription", "RoleArn", "ParallelismConfiguration"),
)


def table(region: Region) -> Table:
    """Return the region's pipelines by name."""

    def missing(name: str) -> ApiError:
        return not_found(f"Pipeline '{region.arn(f'pipeline/{name}')}' does not exist.")

    return region.table("pipeline", missing)


def _pipeline(call: Call) -> Record:
    return table(call.region)[call["PipelineName"].rsplit("/", 1)[-1]]


def _session(call: Call, role: str) -> RoleSession:
    """Return a session of the pipeline's role, as SageMaker names it."""
    name = call["PipelineName"].rsplit("/", 1)[-1]
    return RoleSession(role, "SageMaker", source_arn=call.region.arn(f"pipeline/{name}"), network={})


def _definition(call: Call) -> tuple[str, Definition]:
    """Return the request's definition, as text and checked; one in S3 is read with the pipeline's own role."""
    text = call.get("PipelineDefinition")
    location = call.get("PipelineDefinitionS3Location")
    if text is None and location:
        role = call.get("RoleArn") or _pipeline(call)["RoleArn"]
        s3 = _session(call, role).client("s3")
        version = {"VersionId": location["VersionId"]} if location.get("VersionId") else {}
        answer = s3.get_object(Bucket=location["Bucket"], Key=location["ObjectKey"], **version)
        text = answer["Body"].read().decode()
    if text is None:
        raise validation("Either PipelineDefinition or PipelineDefinitionS3Location must be given.")
    return text, parse(text)


@operation("CreatePipeline", *_PIPELINE_FIELDS, "ClientRequestToken", "Tags")
def create_pipeline(call: Call) -> Record:
    """Store a pipeline, unless its definition is unsound."""
    name = call["PipelineName"]
    require_pass_role(call, call["RoleArn"])
    _session(call, call["RoleArn"])
    text, _ = _definition(call)
    arn = call.region.arn(f"pipeline/{name}")
    with call.region.lock:
        if name in table(call.region):
            if call.region.idempotent.get(("CreatePipeline", call["ClientRequestToken"])) == arn:
                return {"PipelineArn": arn}
            raise validation(f"Pipeline names must be unique within an AWS account and region: {name} already exists.")
        moment = now()
        table(call.region)[name] = {
            **{k: v for k, v in call.params.items() if k not in ("Tags", "ClientRequestToken")},
            "PipelineArn": arn,
            "PipelineDisplayName": call.get("PipelineDisplayName", name),
            "PipelineDefinition": text,
            "PipelineStatus": "Active",
            "CreationTime": moment,
            "LastModifiedTime": moment,
        }
        call.region.idempotent["CreatePipeline", call["ClientRequestToken"]] = arn
        call.region.tag(arn, call.get("Tags"))
    return {"PipelineArn": arn}


@operation("UpdatePipeline", *_PIPELINE_FIELDS)
def update_pipeline(call: Call) -> Record:
    """Change a pipeline; running executions keep the definition they started with."""
    pipeline = _pipeline(call)
    changes = {k: v for k, v in call.params.items() if k not in ("PipelineName", "PipelineDefinitionS3Location")}
    if call.get("RoleArn"):
        require_pass_role(call, call["RoleArn"])
        _session(call, call["RoleArn"])
    if call.get("PipelineDefinition") or call.get("PipelineDefinitionS3Location"):
        changes["PipelineDefinition"], _ = _definition(call)
    with call.region.lock:
        pipeline.update(changes, LastModifiedTime=now())
    return {"PipelineArn": pipeline["PipelineArn"]}


@operation("DescribePipeline", "PipelineName")
def describe_pipeline(call: Call) -> Record:
    """Return the pipeline."""
    return _pipeline(call)


@operation("DeletePipeline", "PipelineName", "ClientRequestToken")
def delete_pipeline(call: Call) -> Record:
    """Remove a pipeline that runs nothing."""
    with call.region.lock:
        pipeline = _pipeline(call)
        if any(not execution.finished.is_set() for execution in _of(pipeline)):
            raise ApiError("ConflictException", "The pipeline has running executions: stop them first.")
        for execution in _of(pipeline):
            del _executions[execution.record["PipelineExecutionArn"]]
        del table(call.region)[pipeline["PipelineName"]]
        call.region.tags.pop(pipeline["PipelineArn"], None)
    return {"PipelineArn": pipeline["PipelineArn"]}


@operation(
    "ListPipelines",
    *("PipelineNamePrefix", "CreatedAfter", "CreatedBefore", "SortBy", "SortOrder", "MaxResults", "NextToken"),
)
def list_pipelines(call: Call) -> Record:
    """Return the pipelines that match."""
    prefix = call.get("PipelineNamePrefix", "")
    records = [record for name, record in table(call.region).items() if name.startswith(prefix)]
    return listing.page(call, records, "PipelineSummaries", "PipelineName")


@operation(
    "StartPipelineExecution",
    *("PipelineName", "PipelineExecutionDisplayName", "PipelineExecutionDescription", "PipelineParameters"),
    *("ClientRequestToken", "ParallelismConfiguration"),
)
def start_pipeline_execution(call: Call) -> Record:
    """Start an execution as the pipeline's role; a repeated ClientRequestToken finds the first one."""
    pipeline = _pipeline(call)
    definition = parse(pipeline["PipelineDefinition"])
    parameters = definition.bind(call.get("PipelineParameters", []))
    token = (f"StartPipelineExecution {pipeline['PipelineArn']}", call["ClientRequestToken"])
    with call.region.lock:
        known = call.region.idempotent.get(token)
        if known:
            return {"PipelineExecutionArn": known}
        session = _session(call, pipeline["RoleArn"])
        execution = _new_execution(call, pipeline, definition, parameters)
        arn = str(execution.record["PipelineExecutionArn"])
        call.region.idempotent[token] = arn
        _executions[arn] = execution
        pipeline["LastRunTime"] = now()
    limits = call.get("ParallelismConfiguration") or pipeline.get("ParallelismConfiguration") or {}
    execution.start(session, limits.get("MaxParallelExecutionSteps", _DEFAULT_PARALLEL))
    return {"PipelineExecutionArn": arn}


def _new_execution(call: Call, pipeline: Record, definition: Definition, parameters: Record) -> Execution:
    identifier = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(12))
    moment = now()
    record = {
        "PipelineArn": pipeline["PipelineArn"],
        "PipelineExecutionArn": f"{pipeline['PipelineArn']}/execution/{identifier}",
        "PipelineExecutionDisplayName": call.get("PipelineExecutionDisplayName", f"execution-{moment:%s%f}"[:23]),
        "PipelineExecutionDescription": call.get("PipelineExecutionDescription"),
        "PipelineExecutionStatus": "Executing",
        "PipelineParameters": [{"Name": k, "Value": str(v)} for k, v in parameters.items()],
        "PipelineDefinition": pipeline["PipelineDefinition"],
        "CreationTime": moment,
        "StartTime": moment,
        "LastModifiedTime": moment,
    }
    return Execution(call.region, record, definition, parameters)


def _of(pipeline: Record) -> list[Execution]:
    return [e for e in _executions.values() if e.record["PipelineArn"] == pipeline["PipelineArn"]]


def _execution(call: Call) -> Execution:
    execution = _executions.get(call["PipelineExecutionArn"])
    if execution is None:
        raise not_found(f"Pipeline execution with ARN {call['PipelineExecutionArn']} does not exist.")
    return execution


@operation("DescribePipelineExecution", "PipelineExecutionArn")
def describe_pipeline_execution(call: Call) -> Record:
    """Return the execution."""
    return _execution(call).record


@operation("DescribePipelineDefinitionForExecution", "PipelineExecutionArn")
def describe_definition_for_execution(call: Call) -> Record:
    """Return the definition that the execution runs."""
    return _execution(call).record


@operation("ListPipelineParametersForExecution", "PipelineExecutionArn", "MaxResults", "NextToken")
def list_parameters_for_execution(call: Call) -> Record:
    """Return the values that the execution runs with."""
    return {"PipelineParameters": _execution(call).record["PipelineParameters"]}


@operation(
    "ListPipelineExecutions",
    *("PipelineName", "CreatedAfter", "CreatedBefore", "SortBy", "SortOrder", "MaxResults", "NextToken"),
)
def list_pipeline_executions(call: Call) -> Record:
    """Return the pipeline's executions."""
    records = [execution.record for execution in _of(_pipeline(call))]
    return listing.page(call, records, "PipelineExecutionSummaries", "PipelineExecutionArn")


@operation("ListPipelineExecutionSteps", "PipelineExecutionArn", "SortOrder", "MaxResults", "NextToken")
def list_pipeline_execution_steps(call: Call) -> Record:
    """Return the steps that were started; steps not taken are not listed, as in AWS."""
    execution = _execution(call)
    with call.region.lock:
        records = [{**record, "CreationTime": record["StartTime"]} for record in execution.step_records.values()]
    return listing.page(call, records, "PipelineExecutionSteps", "StepName")


@operation("StopPipelineExecution", "PipelineExecutionArn", "ClientRequestToken")
def stop_pipeline_execution(call: Call) -> Record:
    """Stop an execution and the jobs it runs."""
    execution = _execution(call)
    if execution.finished.is_set():
        raise ApiError("ConflictException", "Only pipeline executions in status Executing can be stopped.")
    execution.request_stop()
    return {"PipelineExecutionArn": execution.record["PipelineExecutionArn"]}
