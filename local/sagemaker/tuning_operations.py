"""CreateHyperParameterTuningJob and its like."""

from local.sagemaker import jobs, listing, tuning_checks
from local.sagemaker.errors import ApiError, in_use, validation
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.roles import RoleSession, require_pass_role
from local.sagemaker.state import Region, Table, now
from local.sagemaker.tuning import TuningJob, announce
from local.sagemaker.tuning_ranges import ranges_of

_ENDED = ("Completed", "Failed", "Stopped")


def _missing(name: str) -> ApiError:
    return ApiError("ResourceNotFound", f"Hyperparameter tuning job {name} does not exist.")


def table(region: Region) -> Table:
    """Return the region's tuning jobs by name."""
    return region.table("hyper-parameter-tuning-job", _missing)


def _job(call: Call, name: str) -> TuningJob:
    job = jobs.find(table(call.region)[name]["HyperParameterTuningJobArn"])
    if not isinstance(job, TuningJob):
        raise _missing(name)
    return job


@operation(
    "CreateHyperParameterTuningJob",
    *("HyperParameterTuningJobName", "HyperParameterTuningJobConfig", "TrainingJobDefinition", "WarmStartConfig"),
    "Tags",
)
def create_tuning_job(call: Call) -> Record:
    """Start a tuning job."""
    name = call["HyperParameterTuningJobName"]
    definition = call.get("TrainingJobDefinition")
    if not definition:
        raise validation("TrainingJobDefinition must be given.")
    require_pass_role(call, definition["RoleArn"])
    config = _complete(call["HyperParameterTuningJobConfig"], definition)
    ranges = ranges_of(config["ParameterRanges"])
    tuning_checks.check({**call.params, "HyperParameterTuningJobConfig": config}, ranges)
    parents = _parents(call)
    arn = call.region.arn(f"hyper-parameter-tuning-job/{name}")
    with call.region.lock:
        if name in table(call.region):
            raise in_use(f"Hyperparameter tuning job names must be unique, and a job exists with {arn}")
        session = RoleSession(definition["RoleArn"], name, source_arn=arn, network=definition)
        record = {**_record(call, config), "HyperParameterTuningJobArn": arn}
        table(call.region)[name] = record
        call.region.tag(arn, call.get("Tags"))
    jobs.launch(TuningJob(call.region, record, arn, session, ranges, parents))
    return {"HyperParameterTuningJobArn": arn}


def _complete(config: Record, definition: Record) -> Record:
    """Return the configuration with the objective and the ranges, which may stand in the definition instead."""
    objective = config.get("HyperParameterTuningJobObjective") or definition.get("TuningObjective")
    ranges = config.get("ParameterRanges") or definition.get("HyperParameterRanges") or {}
    return {**config, "HyperParameterTuningJobObjective": objective, "ParameterRanges": ranges}


def _record(call: Call, config: Record) -> Record:
    """Return a new job as Describe tells it: with the objective's name among the static hyperparameters."""
    definition, moment = call["TrainingJobDefinition"], now()
    metric = {"_tuning_objective_metric": config["HyperParameterTuningJobObjective"]["MetricName"]}
    return {
        **{k: v for k, v in call.params.items() if k != "Tags"},
        "HyperParameterTuningJobConfig": config,
        "TrainingJobDefinition": {
            **definition,
            "StaticHyperParameters": {**definition.get("StaticHyperParameters", {}), **metric},
        },
        "HyperParameterTuningJobStatus": "InProgress",
        "Strategy": config["Strategy"],
        "ResourceLimits": config["ResourceLimits"],
        "TrainingJobStatusCounters": {},
        "ObjectiveStatusCounters": {},
        "CreationTime": moment,
        "LastModifiedTime": moment,
    }


def _parents(call: Call) -> list[TuningJob]:
    """Return the tuning jobs whose results are a start; ValidationException for one that has not ended."""
    warm = call.get("WarmStartConfig")
    found = []
    for parent in warm["ParentHyperParameterTuningJobs"] if warm else []:
        job = _job(call, parent.get("HyperParameterTuningJobName", ""))
        if not job.finished.is_set():
            raise validation(f"The parent tuning job {job.name} has not ended.")
        found.append(job)
    return found


@operation("DescribeHyperParameterTuningJob", "HyperParameterTuningJobName")
def describe_tuning_job(call: Call) -> Record:
    """Return the job's record."""
    return table(call.region)[call["HyperParameterTuningJobName"]]


@operation("ListHyperParameterTuningJobs", *listing.FIELDS, "StatusEquals")
def list_tuning_jobs(call: Call) -> Record:
    """Return the jobs that match."""
    records = table(call.region).values()
    return listing.page(
        call,
        records,
        "HyperParameterTuningJobSummaries",
        "HyperParameterTuningJobName",
        "HyperParameterTuningJobStatus",
    )


@operation(
    "ListTrainingJobsForHyperParameterTuningJob",
    *("HyperParameterTuningJobName", "NextToken", "MaxResults", "StatusEquals", "SortBy", "SortOrder"),
)
def list_training_jobs_of_tuning_job(call: Call) -> Record:
    """Return the training jobs of a tuning job; those without an objective come last where it is the order."""
    job = _job(call, call["HyperParameterTuningJobName"])
    summaries = [trial.summary() for trial in job.trials.all()]
    if call.get("SortBy") != "FinalObjectiveMetricValue":
        return listing.page(call, summaries, "TrainingJobSummaries", "TrainingJobName", "TrainingJobStatus")
    wanted = call.get("StatusEquals")
    found = [one for one in summaries if wanted in (None, one["TrainingJobStatus"])]
    field = "FinalHyperParameterTuningJobObjectiveMetric"
    measured = [one for one in found if field in one]
    measured.sort(key=lambda one: one[field]["Value"], reverse=call.get("SortOrder", "Descending") == "Descending")
    return listing.cut(call, [*measured, *(one for one in found if field not in one)], "TrainingJobSummaries")


@operation("StopHyperParameterTuningJob", "HyperParameterTuningJobName")
def stop_tuning_job(call: Call) -> Record:
    """Stop the tuning job and the training jobs it runs."""
    job = _job(call, call["HyperParameterTuningJobName"])
    with call.region.lock:
        status = job.record["HyperParameterTuningJobStatus"]
        if status in _ENDED:
            raise validation(f"The request was rejected because the job is in status {status}.")
        job.record["HyperParameterTuningJobStatus"] = "Stopping"
    announce(job.record)
    job.request_stop()
    return {}
