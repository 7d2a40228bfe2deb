"""Follow a pipeline execution step by step."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

from ops.executions.logs import where_logs_are
from ops.session import Environment, OpsError

MANIFEST_PARAMETER = "InputManifest"
EVALUATION = "evaluation"
PROCESSING_LOGS = "/aws/sagemaker/ProcessingJobs"
# evaluate.py's table: candidate, accuracy, macro-F1 and more.
_SCORES = re.compile(r"^(?P<candidate>[a-z][a-z0-9]*) +(?P<accuracy>[01]\.\d{4}) +(?P<macro_f1>[01]\.\d{4}) ", re.M)
_ROWS = re.compile(r"^evaluating .* on (\d+) reviews$", re.M)
POLL_SECONDS = 2.0
START_SECONDS = 120.0
ENDED = ("Succeeded", "Failed", "Stopped")


def find_execution(environment: Environment, model: str, marker: str) -> str:
    """ARN of the execution that the marker started. Raises OpsError when none appears in time."""
    sagemaker = environment.client("sagemaker")
    pipeline = environment.platform.name(model)
    others: set[str] = set()
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        for arn in _newest_executions(sagemaker, pipeline):
            if arn in others:
                continue
            if _manifest(sagemaker, arn) == marker:
                return arn
            others.add(arn)
        time.sleep(POLL_SECONDS)
    parameter = f"Name={MANIFEST_PARAMETER},Value={marker}"
    by_hand = ("--pipeline-name", pipeline, "--pipeline-parameters", parameter)
    raise OpsError(
        f"No execution of {pipeline} started within {START_SECONDS:.0f} s of {marker}. "
        "Look at the rule's failed invocations in EventBridge, or start it by hand:\n"
        f"  {environment.aws_cli('sagemaker', 'start-pipeline-execution', *by_hand)}"
    )


def _newest_executions(sagemaker: Any, pipeline: str) -> list[str]:
    listed = sagemaker.list_pipeline_executions(PipelineName=pipeline, SortBy="CreationTime", SortOrder="Descending")
    return [execution["PipelineExecutionArn"] for execution in listed["PipelineExecutionSummaries"]]


def _manifest(sagemaker: Any, execution: str) -> str | None:
    parameters = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=execution)["PipelineParameters"]
    return next((p["Value"] for p in parameters if p["Name"] == MANIFEST_PARAMETER), None)


def follow(environment: Environment, model: str, execution: str) -> Iterator[tuple[str, str, str]]:
    """Yield (step, status, detail) at every change until the execution ends; OpsError when it did not succeed."""
    sagemaker, logs = environment.client("sagemaker"), environment.client("logs")
    seen: dict[str, str] = {}
    while True:
        described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
        for step in listed_steps(sagemaker, execution):
            if seen.get(step["StepName"]) != step["StepStatus"]:
                seen[step["StepName"]] = step["StepStatus"]
                yield step["StepName"], step["StepStatus"], _detail(sagemaker, logs, step)
        if described["PipelineExecutionStatus"] in ENDED:
            break
        time.sleep(POLL_SECONDS)
    if described["PipelineExecutionStatus"] != "Succeeded":
        reason = described.get("FailureReason", "no reason given")
        where = where_logs_are(environment, model, execution.rsplit("/", 1)[-1], listed_steps(sagemaker, execution))
        raise OpsError(f"The pipeline ended as {described['PipelineExecutionStatus']}: {reason}{where}")


def steps_of(environment: Environment, execution: str) -> list[tuple[str, str, str]]:
    """(step, status, detail) of every step that began, in their order."""
    sagemaker, logs = environment.client("sagemaker"), environment.client("logs")
    return [(s["StepName"], s["StepStatus"], _detail(sagemaker, logs, s)) for s in listed_steps(sagemaker, execution)]


def registered_packages(environment: Environment, execution: str) -> list[str]:
    """ARNs of the model packages that an execution registered: those of the candidates that passed their gate."""
    steps = listed_steps(environment.client("sagemaker"), execution)
    return [step["Metadata"]["RegisterModel"]["Arn"] for step in steps if "RegisterModel" in step.get("Metadata", {})]


def listed_steps(sagemaker: Any, execution: str) -> list[dict[str, Any]]:
    """Every step that began, as SageMaker lists it, in their order."""
    pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(PipelineExecutionArn=execution)
    steps: list[dict[str, Any]] = [step for page in pages for step in page["PipelineExecutionSteps"]]
    return sorted(steps, key=lambda step: step["StartTime"])


def _detail(sagemaker: Any, logs: Any, step: dict[str, Any]) -> str:
    """What is worth a look: why it failed, what it measured, what it registered."""
    if step["StepStatus"] == "Failed":
        return str(step.get("FailureReason", "no reason given"))
    metadata = step.get("Metadata", {})
    if step["StepStatus"] != "Succeeded":
        return ""
    if "ProcessingJob" in metadata:
        return _processed(sagemaker, logs, _job(metadata["ProcessingJob"]))
    if "TrainingJob" in metadata:
        job = sagemaker.describe_training_job(TrainingJobName=_job(metadata["TrainingJob"]))
        metrics = job.get("FinalMetricDataList", [])
        return ", ".join(f"{metric['MetricName']} {metric['Value']:.3f}" for metric in metrics)
    if "TuningJob" in metadata:
        return _best(sagemaker, _job(metadata["TuningJob"]))
    return _answer(metadata)


def _answer(metadata: dict[str, Any]) -> str:
    """Of a step without a job."""
    if "Lambda" in metadata:
        outputs = metadata["Lambda"].get("OutputParameters", [])
        return ", ".join(f"{output['Name']} {output['Value']}" for output in outputs)
    if "Condition" in metadata:
        return f"condition is {metadata['Condition']['Outcome']}"
    if "RegisterModel" in metadata:
        return str(metadata["RegisterModel"]["Arn"]).split("model-package/")[-1]
    return ""


def _job(metadata: dict[str, str]) -> str:
    return metadata["Arn"].rsplit("/", 1)[-1]


def _processed(sagemaker: Any, logs: Any, job: str) -> str:
    outputs = sagemaker.describe_processing_job(ProcessingJobName=job)["ProcessingOutputConfig"]["Outputs"]
    return _evaluation(logs, job) if EVALUATION in [output["OutputName"] for output in outputs] else ""


def _best(sagemaker: Any, job: str) -> str:
    """The best job's objective, and the hyperparameters that reached it."""
    described = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=job)
    best = described.get("BestTrainingJob", {})
    metric = best.get("FinalHyperParameterTuningJobObjectiveMetric")
    if metric is None:
        return ""
    tuned = ", ".join(f"{name} {value}" for name, value in sorted(best.get("TunedHyperParameters", {}).items()))
    return f"best {metric['MetricName']} {metric['Value']:.3f} with {tuned}"


def _evaluation(logs: Any, job: str) -> str:
    """The figures on the test split, from the job's log: evaluation.json itself is read inside the VPC only."""
    filtered = logs.get_paginator("filter_log_events")
    pages = filtered.paginate(logGroupName=PROCESSING_LOGS, logStreamNamePrefix=f"{job}/")
    return figures_of("\n".join(event["message"] for page in pages for event in page["events"]))


def figures_of(log: str) -> str:
    """Each candidate's figures in what evaluate.py prints; nothing where the log has not arrived."""
    rows = "".join(_ROWS.findall(log))
    return "; ".join(
        f"{its['candidate']}: macro-F1 {its['macro_f1']}, accuracy {its['accuracy']} on {rows} rows"
        for its in _SCORES.finditer(log)
    )
