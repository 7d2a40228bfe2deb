"""Finding the execution that a marker started, and what it registered."""

from __future__ import annotations

import datetime
from collections import Counter
from typing import Any

import pytest

from ops.pipeline import find_execution, registered_packages
from ops.session import OpsError
from tests.ops.conftest import Client, Deployed

MARKER = "raw/reviews/20260101T000000000000Z/_READY"


class SageMaker(Client):
    """`executions`: ARN -> the manifest it runs with, newest first."""

    def __init__(self, executions: dict[str, str]) -> None:
        self.executions = executions
        self.asked: Counter[str] = Counter()
        self.steps: list[dict[str, Any]] = []

    def list_pipeline_executions(self, **asked: Any) -> dict[str, Any]:
        assert asked == {"PipelineName": "ashlar-dev-reviews", "SortBy": "CreationTime", "SortOrder": "Descending"}
        self.asked["listed"] += 1
        if self.asked["listed"] == 4:
            self.executions = {"new": MARKER, **self.executions}
        return {"PipelineExecutionSummaries": [{"PipelineExecutionArn": arn} for arn in self.executions]}

    def list_pipeline_parameters_for_execution(self, PipelineExecutionArn: str) -> dict[str, Any]:  # noqa: N803
        self.asked[PipelineExecutionArn] += 1
        return {"PipelineParameters": [{"Name": "InputManifest", "Value": self.executions[PipelineExecutionArn]}]}

    def list_pipeline_execution_steps(self, PipelineExecutionArn: str) -> dict[str, Any]:  # noqa: N803
        return {"PipelineExecutionSteps": self.steps}


def should_ask_once_about_each_execution(deployed: Deployed, slept: list[float]) -> None:
    deployed.clients["sagemaker"] = sagemaker = SageMaker({"b": "other", "a": "older"})
    assert find_execution(deployed, "reviews", MARKER) == "new"
    assert sagemaker.asked == {"listed": 4, "a": 1, "b": 1, "new": 1}
    assert slept == [2.0, 2.0, 2.0]


def should_say_how_to_start_by_hand_what_did_not_start(deployed: Deployed, slept: list[float]) -> None:
    deployed.clients["sagemaker"] = sagemaker = SageMaker({})
    sagemaker.asked["listed"] = 10
    with pytest.raises(OpsError) as caught:
        find_execution(deployed, "reviews", MARKER)
    by_hand = (
        "aws sagemaker start-pipeline-execution --pipeline-name ashlar-dev-reviews "
        f"--pipeline-parameters Name=InputManifest,Value={MARKER} --region eu-west-1"
    )
    assert by_hand in str(caught.value)


def should_collect_the_packages_of_the_candidates_that_passed(deployed: Deployed) -> None:
    deployed.clients["sagemaker"] = sagemaker = SageMaker({})
    moment = datetime.datetime.now(datetime.UTC)
    metadata = [{"Condition": {"Outcome": "False"}}, {"RegisterModel": {"Arn": "package/1"}}, None]
    sagemaker.steps = [{"StartTime": moment, **({"Metadata": its} if its else {})} for its in metadata]
    assert registered_packages(deployed, "execution") == ["package/1"]
