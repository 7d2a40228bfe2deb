"""CreateTrainingJob and its like: what is accepted, and what the local cloud refuses because it would not do it."""

from local.sagemaker import jobs, listing, script_mode
from local.sagemaker.errors import ApiError, in_use, require_only, require_value, unsupported, validation
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.roles import RoleSession, require_pass_role
from local.sagemaker.state import Region, Table, now
from local.sagemaker.training import DEFAULT_LIMIT_SECONDS, TrainingJob, announce

_ENDED = ("Completed", "Failed", "Stopped")
# What is carried out or recorded of each structure; docs/local.md tells which.
_HONOURED = {
    "AlgorithmSpecification": (
        *("TrainingImage", "TrainingInputMode", "MetricDefinitions", "ContainerEntrypoint", "ContainerArguments"),
    ),
    "ResourceConfig": ("InstanceCount", "InstanceType", "VolumeSizeInGB", "VolumeKmsKeyId", "KeepAlivePeriodInSeconds"),
    "StoppingCondition": ("MaxRuntimeInSeconds", "MaxWaitTimeInSeconds"),
}
_CHANNEL_FIELDS = ("ChannelName", "DataSource", "ContentType", "CompressionType", "RecordWrapperType", "InputMode")


def _missing(_name: str) -> ApiError:
    return validation("Requested resource not found.")


def table(region: Region) -> Table:
    """Return the region's training jobs by name."""
    return region.table("training-job", _missing)


@operation(
    "CreateTrainingJob",
    *("TrainingJobName", "HyperParameters", "AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig"),
    *("ResourceConfig", "VpcConfig", "StoppingCondition", "Tags", "EnableNetworkIsolation", "Environment"),
    *("EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining", "CheckpointConfig", "ExperimentConfig"),
    *("ProfilerConfig", "RemoteDebugConfig"),
)
def create_training_job(call: Call) -> Record:
    """Start a training job."""
    name, arn = call["TrainingJobName"], call.region.arn(f"training-job/{call['TrainingJobName']}")
    require_pass_role(call, call["RoleArn"])
    _refuse_unsupported(call)
    _check_code(call)
    with call.region.lock:
        if name in table(call.region):
            raise in_use(
                "Training job names must be unique within an AWS account and region, and a training job with this name "
                f"already exists ({arn})"
            )
        session = RoleSession(call["RoleArn"], name, source_arn=arn, network=call.params)
        record = {k: v for k, v in call.params.items() if k != "Tags"}
        record |= {"TrainingJobArn": arn, "TrainingJobStatus": "InProgress", "CreationTime": now()}
        table(call.region)[name] = record
        call.region.tag(arn, call.get("Tags"))
    job = TrainingJob(call.region, record, name, arn, session)
    job.enter("Starting")
    jobs.launch(job)
    return {"TrainingJobArn": arn}


def _refuse_unsupported(call: Call) -> None:
    for field, honoured in _HONOURED.items():
        require_only(field, call.get(field, {}), honoured)
    if call["ResourceConfig"].get("InstanceCount", 1) != 1:
        raise unsupported("Training on several instances", "Set InstanceCount to 1.")
    require_value("AlgorithmSpecification", call["AlgorithmSpecification"], "TrainingInputMode", "File")
    require_value("OutputDataConfig", call["OutputDataConfig"], "CompressionType", "GZIP")
    if not call.get("ProfilerConfig", {"DisableProfiler": True}).get("DisableProfiler"):
        raise unsupported("The profiler", "Set ProfilerConfig.DisableProfiler.")
    for channel in call.get("InputDataConfig", []):
        _check_channel(channel)
    _check_waiting_time(call)


def _check_channel(channel: Record) -> None:
    where = f"Channel {channel['ChannelName']}"
    require_only(where, channel, _CHANNEL_FIELDS)
    for field, only in (("InputMode", "File"), ("CompressionType", "None"), ("RecordWrapperType", "None")):
        require_value(where, channel, field, only)
    source = channel["DataSource"].get("S3DataSource")
    if not source or source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise unsupported(f"{where}: its data source", "Use S3DataSource with S3Prefix or ManifestFile.")
    require_only(where, source, ("S3DataType", "S3Uri", "S3DataDistributionType"))
    require_value(where, source, "S3DataDistributionType", "FullyReplicated")


def _check_waiting_time(call: Call) -> None:
    limits = call["StoppingCondition"]
    longest = limits.get("MaxRuntimeInSeconds", DEFAULT_LIMIT_SECONDS)
    if call.get("EnableManagedSpotTraining") and limits.get("MaxWaitTimeInSeconds", 0) < longest:
        raise validation(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds when "
            "EnableManagedSpotTraining is true."
        )


def _check_code(call: Call) -> None:
    """Refuse a job without code, and one whose code cannot reach an isolated container."""
    if call["AlgorithmSpecification"].get("ContainerEntrypoint"):
        return
    given = script_mode.decode_hyperparameters(call.get("HyperParameters", {}))
    for name in ("sagemaker_program", "sagemaker_submit_directory"):
        if name not in given:
            raise unsupported(
                f"A built-in algorithm or an image's own entry point (no hyperparameter {name})",
                "Give sagemaker_program and sagemaker_submit_directory, or ContainerEntrypoint.",
            )
    directory = str(given["sagemaker_submit_directory"])
    if directory.startswith("s3://") and call.get("EnableNetworkIsolation"):
        raise validation(
            f"sagemaker_submit_directory {directory} cannot be fetched under EnableNetworkIsolation: give the code as "
            "an input channel and name its path there, such as /opt/ml/input/data/code/sourcedir.tar.gz."
        )


@operation("DescribeTrainingJob", "TrainingJobName")
def describe_training_job(call: Call) -> Record:
    """Return the job's record."""
    return table(call.region)[call["TrainingJobName"]]


@operation("ListTrainingJobs", *listing.FIELDS, "StatusEquals")
def list_training_jobs(call: Call) -> Record:
    """Return the jobs that match."""
    records = table(call.region).values()
    return listing.page(call, records, "TrainingJobSummaries", "TrainingJobName", "TrainingJobStatus")


@operation("StopTrainingJob", "TrainingJobName")
def stop_training_job(call: Call) -> Record:
    """Ask the job to stop."""
    with call.region.lock:
        record = table(call.region)[call["TrainingJobName"]]
        if record["TrainingJobStatus"] in _ENDED:
            raise validation(f"The request was rejected because the job is in status {record['TrainingJobStatus']}.")
        record.update(TrainingJobStatus="Stopping", SecondaryStatus="Stopping")
    announce(record)
    job = jobs.find(record["TrainingJobArn"])
    if job:
        job.request_stop()
    return {}
