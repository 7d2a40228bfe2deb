"""Finding the execution that a marker started, and what it registered."""

from __future__ import annotations

import datetime
from collections import Counter
from typing import Any

import pytest

from ops.pipeline import find_execution, follow, registered_packages
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

    def describe_pipeline_execution(self, PipelineExecutionArn: str) -> dict[str, Any]:  # noqa: N803
        return {"PipelineExecutionStatus": "Succeeded"}

    def describe_processing_job(self, ProcessingJobName: str) -> dict[str, Any]:  # noqa: N803
        output = "evaluation" if ProcessingJobName == "pipelines-x-evaluate" else "train"
        return {"ProcessingOutputConfig": {"Outputs": [{"OutputName": output}]}}

    def list_pipeline_execution_steps(self, PipelineExecutionArn: str) -> dict[str, Any]:  # noqa: N803
        return {"PipelineExecutionSteps": self.steps}


class Logs(Client):
    """The log of the evaluation."""

    def filter_log_events(self, **asked: Any) -> dict[str, Any]:
        assert asked == {
            "logGroupName": "/aws/sagemaker/ProcessingJobs",
            "logStreamNamePrefix": "pipelines-x-evaluate/",
        }
        lines = [
            "evaluating linear, xgboost on 60 reviews",
            "evaluated linear",
            "candidate            accuracy macro-F1   F1(-1)",
            "linear                 0.8123   0.7980   0.8000",
            "xgboost                1.0000   1.0000   1.0000",
        ]
        return {"events": [{"message": line} for line in lines]}


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


def should_show_the_figures_of_the_evaluation_from_its_log(deployed: Deployed, slept: list[float]) -> None:
    """The bucket with the evaluation is closed to a laptop."""
    deployed.clients = {"sagemaker": SageMaker({}), "logs": Logs()}
    moment = datetime.datetime.now(datetime.UTC)
    deployed.clients["sagemaker"].steps = [
        {
            "StepName": name,
            "StepStatus": "Succeeded",
            "StartTime": moment,
            "Metadata": {"ProcessingJob": {"Arn": f"arn:x:processing-job/pipelines-x-{name.lower()}"}},
        }
        for name in ("Process", "Evaluate")
    ]
    figures = (
        "linear: macro-F1 0.7980, accuracy 0.8123 on 60 rows; xgboost: macro-F1 1.0000, accuracy 1.0000 on 60 rows"
    )
    shown = list(follow(deployed, "reviews", "execution"))
    assert shown == [("Process", "Succeeded", ""), ("Evaluate", "Succeeded", figures)]
