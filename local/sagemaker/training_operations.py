"""CreateTrainingJob and its like: what is accepted, and what the local cloud refuses because it would not do it."""

from local.sagemaker import jobs, listing, script_mode
from local.sagemaker.errors import ApiError, in_use, unsupported, validation
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.roles import RoleSession, require_pass_role
from local.sagemaker.state import Region, Table, now
from local.sagemaker.training import TrainingJob, announce

_ENDED = ("Completed", "Failed", "Stopped")


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
    "ProfilerConfig",
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
        session = RoleSession(call["RoleArn"], name, source_arn=arn)
        record = {k: v for k, v in call.params.items() if k != "Tags"}
        record |= {"TrainingJobArn": arn, "TrainingJobStatus": "InProgress", "CreationTime": now()}
        table(call.region)[name] = record
        call.region.tag(arn, call.get("Tags"))
    job = TrainingJob(call.region, record, name, arn, session)
    job.enter("Starting")
    jobs.launch(job)
    return {"TrainingJobArn": arn}


def _refuse_unsupported(call: Call) -> None:
    resources, specification = call["ResourceConfig"], call["AlgorithmSpecification"]
    if resources.get("InstanceCount", 1) != 1 or resources.get("InstanceGroups"):
        raise unsupported("Training on several instances", "Set InstanceCount to 1.")
    if specification.get("TrainingInputMode") != "File":
        raise unsupported(f"Input mode {specification.get('TrainingInputMode')}", "Use File.")
    if not call.get("ProfilerConfig", {"DisableProfiler": True}).get("DisableProfiler"):
        raise unsupported("The profiler", "Set ProfilerConfig.DisableProfiler.")
    for channel in call.get("InputDataConfig", []):
        source = channel["DataSource"].get("S3DataSource")
        if not source or source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
            raise unsupported(f"Channel {channel['ChannelName']}: its data source", "Use S3Prefix or ManifestFile.")
        if channel.get("InputMode", "File") != "File" or channel.get("CompressionType", "None") != "None":
            raise unsupported(
                f"Channel {channel['ChannelName']}: Pipe, FastFile or Gzip", "Use File without compression."
            )
    if call["OutputDataConfig"].get("CompressionType", "GZIP") != "GZIP":
        raise unsupported("An uncompressed model", "Use CompressionType GZIP.")


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
