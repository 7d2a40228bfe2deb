"""`python -m ops pipeline`: what it starts, finds, shows and stops."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from config.schema import Model
from ops.executions.found import executions, one
from ops.executions.logs import log_of, where_logs_are
from ops.executions.starting import parameters, start
from ops.session import OpsError
from tests.ops.conftest import Client, Deployed
from tests.stacks.planned import LEAST

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
MARKER = "raw/reviews/20260101T000000000000Z/_READY"
ARN = "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/ashlar-dev-reviews/execution/"
PARAMETERS = {
    "rounds": {"type": "integer", "default": 200},
    "eta": {"type": "float", "default": 0.1},
    "dart": {"type": "boolean", "default": False},
    "loss": {"type": "string", "default": "log"},
}


class SageMaker(Client):
    """`found`: id -> status and manifest, newest first."""

    def __init__(self, found: dict[str, tuple[str, str | None]]) -> None:
        self.found = found
        self.started: list[dict[str, Any]] = []

    def list_pipeline_executions(self, **asked: Any) -> dict[str, Any]:
        assert asked == {"PipelineName": "ashlar-dev-reviews", "SortBy": "CreationTime", "SortOrder": "Descending"}
        summaries = [
            {"PipelineExecutionArn": ARN + id, "PipelineExecutionStatus": its[0], "StartTime": NOW}
            for id, its in self.found.items()
        ]
        return {"PipelineExecutionSummaries": summaries}

    def list_pipeline_parameters_for_execution(self, PipelineExecutionArn: str) -> dict[str, Any]:  # noqa: N803
        manifest = self.found[PipelineExecutionArn.removeprefix(ARN)][1]
        return {"PipelineParameters": [{"Name": "InputManifest", "Value": manifest}] if manifest else []}

    def start_pipeline_execution(self, **asked: Any) -> dict[str, str]:
        self.started.append(asked)
        return {"PipelineExecutionArn": f"{ARN}new"}


class Logs(Client):
    """One group, one stream."""

    def __init__(self, group: str, stream: str) -> None:
        self.expected = {"logGroupName": group, "logStreamNamePrefix": stream}

    def filter_log_events(self, **asked: Any) -> dict[str, Any]:
        assert asked == self.expected
        return {"events": [{"message": "one\n"}, {"message": "two"}]}


def model() -> Model:
    return Model.model_validate({**LEAST, "parameters": PARAMETERS})


def should_pass_each_parameter_in_its_type() -> None:
    given = ["rounds=300", "eta=0.05", "dart=true", "loss=a=b"]
    assert parameters(model(), given) == {"rounds": "300", "eta": "0.05", "dart": "true", "loss": "a=b"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("rounds", "write it as name=value"),
        ("round=3", "no parameter 'round'. Use one of: dart, eta, loss, rounds"),
        ("rounds=3.5", "rounds is a whole number, such as 200"),
        ("eta=fast", "eta is a number, such as 0.1"),
        ("dart=yes", "write true or false"),
    ],
)
def should_refuse_a_parameter_before_anything_starts(given: str, said: str) -> None:
    with pytest.raises(OpsError, match=said):
        parameters(model(), [given])


def should_say_where_parameters_are_declared_when_there_are_none() -> None:
    with pytest.raises(OpsError, match="it has none: add it in `parameters`"):
        parameters(Model.model_validate(LEAST), ["rounds=3"])


def _without_a_first_step(deployed: Deployed) -> None:
    """A pipeline that does not look for its batch by itself."""
    model = deployed.platform.models["reviews"].model_copy(update={"one_at_a_time": False})
    deployed.platform = deployed.platform.model_copy(update={"models": {"reviews": model}})


def should_leave_the_batch_to_the_pipelines_first_step(deployed: Deployed) -> None:
    deployed.clients["sagemaker"] = sagemaker = SageMaker({"a": ("Succeeded", MARKER)})
    start(deployed, "reviews", [], None)
    assert [started["PipelineParameters"] for started in sagemaker.started] == [[]]


def should_start_on_the_last_batch_that_an_execution_had(deployed: Deployed) -> None:
    _without_a_first_step(deployed)
    deployed.clients["sagemaker"] = sagemaker = SageMaker({"b": ("Failed", None), "a": ("Succeeded", MARKER)})
    assert start(deployed, "reviews", [], None) == f"{ARN}new"
    expected = {
        "PipelineName": "ashlar-dev-reviews",
        "PipelineParameters": [{"Name": "InputManifest", "Value": MARKER}],
    }
    assert sagemaker.started == [expected]


def should_start_on_the_batch_that_is_named(deployed: Deployed) -> None:
    deployed.clients["sagemaker"] = sagemaker = SageMaker({})
    start(deployed, "reviews", [], "raw/reviews/other/_READY")
    (started,) = sagemaker.started
    assert started["PipelineParameters"] == [{"Name": "InputManifest", "Value": "raw/reviews/other/_READY"}]


def should_ask_for_data_where_no_batch_is_known(deployed: Deployed) -> None:
    _without_a_first_step(deployed)
    deployed.clients["sagemaker"] = SageMaker({})
    with pytest.raises(OpsError, match="ops upload reviews"):
        start(deployed, "reviews", [], None)


def should_find_an_execution_by_its_id_or_the_newest(deployed: Deployed) -> None:
    deployed.clients["sagemaker"] = SageMaker({"b": ("Executing", MARKER), "a": ("Succeeded", MARKER)})
    assert [each.id for each in executions(deployed, "reviews")] == ["b", "a"]
    assert one(deployed, "reviews", None).status == "Executing"
    assert one(deployed, "reviews", "a").status == "Succeeded"
    with pytest.raises(OpsError, match="no execution 'c'"):
        one(deployed, "reviews", "c")


def should_say_that_a_pipeline_was_never_started(deployed: Deployed) -> None:
    deployed.clients["sagemaker"] = SageMaker({})
    with pytest.raises(OpsError, match="never started"):
        one(deployed, "reviews", None)


@pytest.mark.parametrize(
    ("kind", "group", "stream"),
    [
        ("ProcessingJob", "/aws/sagemaker/ProcessingJobs", "job/"),
        ("TrainingJob", "/aws/sagemaker/TrainingJobs", "job/"),
        ("TuningJob", "/aws/sagemaker/TrainingJobs", "job-"),
        ("TransformJob", "/aws/sagemaker/TransformJobs", "job/"),
    ],
)
def should_read_the_log_of_a_steps_job(kind: str, group: str, stream: str) -> None:
    steps = [{"StepName": "A", "Metadata": {kind: {"Arn": "arn:aws:sagemaker:eu-west-1:1:x/job"}}}]
    assert list(log_of(Logs(group, stream), steps, "A")) == ["one", "two"]


def should_name_the_steps_there_are_and_say_which_have_no_log() -> None:
    steps: list[dict[str, Any]] = [{"StepName": "Gate", "Metadata": {"Condition": {}}}, {"StepName": "Scan"}]
    with pytest.raises(OpsError, match=r"no step 'gate'. Use one of: Gate, Scan"):
        list(log_of(None, steps, "gate"))
    with pytest.raises(OpsError, match="Gate runs no job"):
        list(log_of(None, steps, "Gate"))


def should_name_the_logs_of_failed_jobs_alone(deployed: Deployed) -> None:
    job = {"TrainingJob": {"Arn": "arn:aws:sagemaker:eu-west-1:1:x/job"}}
    steps: list[dict[str, Any]] = [
        {"StepName": "Process", "StepStatus": "Succeeded", "Metadata": job},
        {"StepName": "Train-linear", "StepStatus": "Failed", "Metadata": job},
        {"StepName": "Gate", "StepStatus": "Failed"},
    ]
    assert where_logs_are(deployed, "reviews", "abc", steps).splitlines() == [
        "",
        "What its jobs wrote:",
        "  .venv/bin/python -m ops pipeline logs reviews Train-linear --execution abc --env dev",
    ]
    assert where_logs_are(deployed, "reviews", "abc", steps[2:]) == ""
