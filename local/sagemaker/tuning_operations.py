"""CreateHyperParameterTuningJob and its like."""

from local.sagemaker import job_operations, jobs, listing, tuning_checks
from local.sagemaker.errors import validation
from local.sagemaker.job_kind import TUNING
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.roles import require_pass_role
from local.sagemaker.tuning import TuningJob
from local.sagemaker.tuning_ranges import ranges_of

job_operations.register(TUNING)


def _job(call: Call, name: str) -> TuningJob:
    job = jobs.find(TUNING.table(call.region)[name]["HyperParameterTuningJobArn"])
    if not isinstance(job, TuningJob):
        raise TUNING.missing(name)
    return job


@operation(
    "CreateHyperParameterTuningJob",
    *("HyperParameterTuningJobName", "HyperParameterTuningJobConfig", "TrainingJobDefinition", "WarmStartConfig"),
    "Tags",
)
def create_tuning_job(call: Call) -> Record:
    """Start a tuning job."""
    definition = call.get("TrainingJobDefinition")
    if not definition:
        raise validation("TrainingJobDefinition must be given.")
    require_pass_role(call, definition["RoleArn"])
    config = _complete(call["HyperParameterTuningJobConfig"], definition)
    ranges = ranges_of(config["ParameterRanges"])
    tuning_checks.check({**call.params, "HyperParameterTuningJobConfig": config}, ranges)
    parents = _parents(call)
    role = definition["RoleArn"]
    record, session = job_operations.new(TUNING, call.region, _params(call, config), role=role, network=definition)
    jobs.launch(TuningJob(call.region, record, session, ranges, parents))
    return {"HyperParameterTuningJobArn": record["HyperParameterTuningJobArn"]}


def _complete(config: Record, definition: Record) -> Record:
    """Return the configuration with the objective and the ranges, which may stand in the definition instead."""
    objective = config.get("HyperParameterTuningJobObjective") or definition.get("TuningObjective")
    ranges = config.get("ParameterRanges") or definition.get("HyperParameterRanges") or {}
    return {**config, "HyperParameterTuningJobObjective": objective, "ParameterRanges": ranges}


def _params(call: Call, config: Record) -> Record:
    """Return a new job as Describe tells it: with the objective's name among the static hyperparameters."""
    definition = call["TrainingJobDefinition"]
    metric = {"_tuning_objective_metric": config["HyperParameterTuningJobObjective"]["MetricName"]}
    return {
        **call.params,
        "HyperParameterTuningJobConfig": config,
        "TrainingJobDefinition": {
            **definition,
            "StaticHyperParameters": {**definition.get("StaticHyperParameters", {}), **metric},
        },
        "Strategy": config["Strategy"],
        "ResourceLimits": config["ResourceLimits"],
        "TrainingJobStatusCounters": {},
        "ObjectiveStatusCounters": {},
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
