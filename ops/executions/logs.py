"""What the job of a step wrote to its log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.session import Environment, OpsError

# Metadata of a step -> the log group of such jobs.
GROUPS = {
    "ProcessingJob": "/aws/sagemaker/ProcessingJobs",
    "TrainingJob": "/aws/sagemaker/TrainingJobs",
    "TuningJob": "/aws/sagemaker/TrainingJobs",
    "TransformJob": "/aws/sagemaker/TransformJobs",
}


def where_logs_are(environment: Environment, model: str, execution: str, steps: list[dict[str, Any]]) -> str:
    """The commands that show what the jobs of failed steps wrote, below a line of their own; nothing without any."""
    failed = [
        step["StepName"]
        for step in steps
        if step["StepStatus"] == "Failed" and any(kind in step.get("Metadata", {}) for kind in GROUPS)
    ]
    commands = [environment.command("pipeline", "logs", model, name, "--execution", execution) for name in failed]
    return "\n  ".join(["\nWhat its jobs wrote:", *commands]) if commands else ""


def log_of(logs: Any, steps: list[dict[str, Any]], name: str) -> Iterator[str]:
    """The lines, in the order of their time. A tuning job's are those of all its training jobs.

    Raises OpsError for an unknown step and for one without a job of its own.
    """
    found = next((step for step in steps if step["StepName"] == name), None)
    if found is None:
        raise OpsError(f"The execution has no step {name!r}. Use one of: {', '.join(s['StepName'] for s in steps)}.")
    metadata = found.get("Metadata", {})
    kind = next((kind for kind in GROUPS if kind in metadata), None)
    if kind is None:
        raise OpsError(f"The step {name} runs no job, so it has no log: `show` says all there is.")
    job = metadata[kind]["Arn"].rsplit("/", 1)[-1]
    # A tuning job's training jobs have its name and a number.
    prefix = f"{job}-" if kind == "TuningJob" else f"{job}/"
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=GROUPS[kind], logStreamNamePrefix=prefix)
    for page in pages:
        for event in page["events"]:
            yield event["message"].rstrip("\n")
