"""CreateTrainingJob and its like."""

from typing import Any

from local.sagemaker import job_operations, jobs, training_checks
from local.sagemaker.job_kind import TRAINING
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.roles import require_pass_role
from local.sagemaker.state import Region
from local.sagemaker.training import TrainingJob

job_operations.register(TRAINING)


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
    job = start(call.region, call.params)
    return {"TrainingJobArn": job.arn}


def start(region: Region, params: Record, **more: Any) -> TrainingJob:
    """Start a job that was found sound; `more` is what its description tells besides."""
    record, session = job_operations.new(TRAINING, region, {**params, **more}, role=params["RoleArn"], network=params)
    job = TrainingJob(region, record, session)
    job.enter("Starting")
    jobs.launch(job)
    return job
