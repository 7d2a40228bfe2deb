"""CreatePipeline and its like."""

from local.sagemaker import listing
from local.sagemaker.errors import ApiError, not_found, validation
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.pipelines import executions
from local.sagemaker.pipelines.definition import Definition, parse
from local.sagemaker.roles import RoleSession, require_pass_role
from local.sagemaker.state import Region, Table, now

_PIPELINE_FIELDS = (
    *("PipelineName", "PipelineDisplayName", "PipelineDefinition", "PipelineDefinitionS3Location"),
    *("PipelineDescription", "RoleArn", "ParallelismConfiguration"),
)


def table(region: Region) -> Table:
    """Return the region's pipelines by name."""

    def missing(name: str) -> ApiError:
        return not_found(f"Pipeline '{region.arn(f'pipeline/{name}')}' does not exist.")

    return region.table("pipeline", missing)


def find(call: Call) -> Record:
    """Return the pipeline that a request names, by its name or its ARN."""
    return table(call.region)[call["PipelineName"].rsplit("/", 1)[-1]]


def session(call: Call, role: str) -> RoleSession:
    """Return a session of the pipeline's role, as SageMaker names it."""
    name = call["PipelineName"].rsplit("/", 1)[-1]
    return RoleSession(role, "SageMaker", source_arn=call.region.arn(f"pipeline/{name}"), network={})


def _definition(call: Call) -> tuple[str, Definition]:
    """Return the request's definition, as text and checked; one in S3 is read with the pipeline's own role."""
    text = call.get("PipelineDefinition")
    location = call.get("PipelineDefinitionS3Location")
    if text is None and location:
        role = call.get("RoleArn") or find(call)["RoleArn"]
        s3 = session(call, role).client("s3")
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
    session(call, call["RoleArn"])
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
    pipeline = find(call)
    changes = {k: v for k, v in call.params.items() if k not in ("PipelineName", "PipelineDefinitionS3Location")}
    if call.get("RoleArn"):
        require_pass_role(call, call["RoleArn"])
        session(call, call["RoleArn"])
    if call.get("PipelineDefinition") or call.get("PipelineDefinitionS3Location"):
        changes["PipelineDefinition"], _ = _definition(call)
    with call.region.lock:
        pipeline.update(changes, LastModifiedTime=now())
    return {"PipelineArn": pipeline["PipelineArn"]}


@operation("DescribePipeline", "PipelineName")
def describe_pipeline(call: Call) -> Record:
    """Return the pipeline."""
    return find(call)


@operation("DeletePipeline", "PipelineName", "ClientRequestToken")
def delete_pipeline(call: Call) -> Record:
    """Remove a pipeline that runs nothing."""
    with call.region.lock:
        pipeline = find(call)
        executions.forget(pipeline["PipelineArn"])
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
