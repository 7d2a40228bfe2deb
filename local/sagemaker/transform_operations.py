"""CreateTransformJob and its like."""

from local.sagemaker import job_operations, jobs, models
from local.sagemaker.errors import require_only, require_value, unsupported, validation
from local.sagemaker.job_kind import TRANSFORM
from local.sagemaker.json_path import JsonPath
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.transform import DEFAULT_PAYLOAD_MB, TransformJob
from local.sagemaker.transform_records import is_csv

_MOST_MB = 100
_MOST_INSTANCES = 8  # each is a process on this machine

job_operations.register(TRANSFORM)


@operation(
    "CreateTransformJob",
    *("TransformJobName", "ModelName", "MaxConcurrentTransforms", "ModelClientConfig", "MaxPayloadInMB"),
    *("BatchStrategy", "Environment", "TransformInput", "TransformOutput", "TransformResources", "DataProcessing"),
    *("Tags", "ExperimentConfig"),
)
def create_transform_job(call: Call) -> Record:
    """Start a transform job with the role of its model."""
    model = models.table(call.region)[call["ModelName"]]
    _check(call)
    role = model["ExecutionRoleArn"]
    record, session = job_operations.new(TRANSFORM, call.region, call.params, role=role, network=model)
    TRANSFORM.announce(record)
    jobs.launch(TransformJob(call.region, record, session, model))
    return {"TransformJobArn": record["TransformJobArn"]}


def _check(call: Call) -> None:
    """Raise ValidationException that names what is wrong with a job, or what of it cannot be carried out here."""
    source, target = call["TransformInput"], call["TransformOutput"]
    data_type = source["DataSource"]["S3DataSource"]["S3DataType"]
    if data_type not in ("S3Prefix", "ManifestFile"):
        raise unsupported(f"TransformInput: S3DataType {data_type}", "Use S3Prefix or ManifestFile.")
    if source.get("SplitType", "None") not in ("None", "Line"):
        raise unsupported(f"TransformInput: SplitType {source['SplitType']}", "Use None or Line.")
    resources = call["TransformResources"]
    require_only("TransformResources", resources, ("InstanceType", "InstanceCount", "VolumeKmsKeyId"))
    if resources["InstanceCount"] > _MOST_INSTANCES:
        raise unsupported(f"A transform job on {resources['InstanceCount']} instances", f"Use 1 to {_MOST_INSTANCES}.")
    payload = call.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB)
    concurrent = call.get("MaxConcurrentTransforms") or 1
    if payload * concurrent > _MOST_MB:
        raise validation(
            f"MaxPayloadInMB {payload} times MaxConcurrentTransforms {concurrent} must not be above {_MOST_MB} MB."
        )
    if call.get("BatchStrategy") == "SingleRecord" and source.get("SplitType", "None") == "None":
        raise validation("BatchStrategy SingleRecord needs records: set TransformInput.SplitType to Line.")
    _check_processing(call.get("DataProcessing", {}), source, target)


def _check_processing(processing: Record, source: Record, target: Record) -> None:
    filters = [processing.get("InputFilter") or "$", processing.get("OutputFilter") or "$"]
    is_joined = processing.get("JoinSource", "None") == "Input"
    if all(JsonPath(text).is_all for text in filters) and not is_joined:
        return
    given = source.get("ContentType")
    if not given:
        raise validation("DataProcessing needs TransformInput.ContentType: text/csv, application/json or jsonlines.")
    accept = target.get("Accept") or given
    for content_type in (given, accept):
        if not is_csv(content_type) and "json" not in content_type:
            raise validation(f"DataProcessing is for text/csv and JSON, not {content_type}.")
    if is_joined and is_csv(given) != is_csv(accept):
        raise validation(f"JoinSource Input needs the same format on both sides, not {given} and {accept}.")
    if is_joined or target.get("AssembleWith"):
        split = source.get("SplitType", "None")
        require_value("TransformOutput with DataProcessing", target, "AssembleWith", split)
