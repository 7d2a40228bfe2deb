"""Before the first job: which batch the execution is for, and whether another execution runs."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

# What stands for the newest batch's manifest.
LATEST = "latest"
READY = "/_READY"
RUNNING = ("Executing", "Stopping")
# SageMaker ends an execution after 28 days: what is older does not run.
LONGEST = datetime.timedelta(days=28)


class AnotherRunsError(Exception):
    """One execution at a time is what the configuration says."""


class NoBatchError(Exception):
    """There is nothing to train on."""


def start(sagemaker: Any, s3: Any, event: Mapping[str, Any]) -> dict[str, str]:
    """`manifest`: key of the batch's marker. Raises AnotherRunsError, NoBatchError."""
    if event["alone"]:
        _refuse_another(sagemaker, str(event["pipeline"]), str(event["execution"]))
    manifest = str(event["manifest"])
    return {"manifest": _newest(s3, event["bucket"], event["prefix"]) if manifest == LATEST else manifest}


def _refuse_another(sagemaker: Any, pipeline: str, own: str) -> None:
    """The execution that started first goes on, so that of two that start at once exactly one does."""
    found = list(_recent(sagemaker, pipeline))
    mine = next((each["StartTime"] for each in found if each["PipelineExecutionArn"] == own), None)
    for each in found:
        arn, since = each["PipelineExecutionArn"], each["StartTime"]
        first = mine is None or (since, arn) < (mine, own)
        if arn != own and each["PipelineExecutionStatus"] in RUNNING and first:
            raise AnotherRunsError(
                f"Another execution of {pipeline} runs since {since:%Y-%m-%d %H:%M} UTC: {arn.rsplit('/', 1)[-1]}. "
                "One runs at a time (one_at_a_time): start again when it has ended, or stop it."
            )


def _recent(sagemaker: Any, pipeline: str) -> Iterator[dict[str, Any]]:
    """Executions that may run still, newest first."""
    pages = sagemaker.get_paginator("list_pipeline_executions").paginate(
        PipelineName=pipeline, SortBy="CreationTime", SortOrder="Descending"
    )
    oldest = datetime.datetime.now(datetime.UTC) - LONGEST
    for page in pages:
        for each in page["PipelineExecutionSummaries"]:
            if each["StartTime"] < oldest:
                return
            yield each


def _newest(s3: Any, bucket: str, prefix: str) -> str:
    """The marker that was written last; raises NoBatchError where there is none."""
    newest: tuple[datetime.datetime, str] | None = None
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", []):
            if each["Key"].endswith(READY):
                found = (each["LastModified"], each["Key"])
                newest = max(newest, found) if newest else found
    if newest is None:
        raise NoBatchError(
            f"There is no batch below s3://{bucket}/{prefix}: upload one (python -m ops upload), which starts the "
            "pipeline by itself."
        )
    return newest[1]
