"""CreateTrainingJob and its like."""

from typing import Any

from local.sagemaker import jobs, listing, training_checks
from local.sagemaker.errors import ApiError, in_use, validation
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.roles import RoleSession, require_pass_role
from local.sagemaker.state import Region, Table, now
from local.sagemaker.training import TrainingJob


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
    require_pass_role(call, call["RoleArn"])
    training_checks.check(call.params)
    job = start(call.region, call.params, call.get("Tags"))
    return {"TrainingJobArn": job.arn}


def start(region: Region, params: Record, tags: list[dict[str, str]] | None = None, **more: Any) -> TrainingJob:
    """Start a job that was found sound; `more` is what its description tells besides."""
    name = params["TrainingJobName"]
    arn = region.arn(f"training-job/{name}")
    with region.lock:
        if name in table(region):
            raise in_use(
                "Training job names must be unique within an AWS account and region, and a training job with this name "
                f"already exists ({arn})"
            )
        session = RoleSession(params["RoleArn"], name, source_arn=arn, network=params)
        record = {k: v for k, v in params.items() if k != "Tags"} | more
        record |= {"TrainingJobArn": arn, "TrainingJobStatus": "InProgress", "CreationTime": now()}
        table(region)[name] = record
        region.tag(arn, tags)
    job = TrainingJob(region, record, name, arn, session)
    job.enter("Starting")
    jobs.launch(job)
    return job


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
    record = table(call.region)[call["TrainingJobName"]]
    if not stop(record):
        raise validation(f"The request was rejected because the job is in status {record['TrainingJobStatus']}.")
    return {}


def stop(record: Record) -> bool:
    """Ask a job to stop; False where it has ended."""
    job = jobs.find(record["TrainingJobArn"])
    if not isinstance(job, TrainingJob):
        return False
    with job.region.lock:
        if record["TrainingJobStatus"] != "InProgress":
            return bool(record["TrainingJobStatus"] == "Stopping")
        record["TrainingJobStatus"] = "Stopping"
    job.enter("Stopping")
    job.request_stop()
    return True
