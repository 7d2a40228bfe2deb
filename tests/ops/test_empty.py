"""What stands in the way of `cdk destroy` goes first, whatever state an environment is in."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.empty import empty, stop_pipelines
from ops.session import OpsError
from tests.ops.conftest import Client, Deployed, refused


class SageMaker(Client):
    """`executions`: ARN -> the statuses it goes through, one for each look after it was listed."""

    def __init__(self) -> None:
        self.executions: dict[str, list[str]] = {}
        self.packages = {"ashlar-dev-reviews-linear": ["linear/2", "linear/1"], "ashlar-dev-reviews-xgboost": []}
        self.stopped: list[str] = []
        self.refusal: ClientError | None = None

    def list_pipeline_executions(self, PipelineName: str) -> dict[str, Any]:  # noqa: N803
        if self.refusal:
            raise self.refusal
        assert PipelineName == "ashlar-dev-reviews"
        return {
            "PipelineExecutionSummaries": [
                {"PipelineExecutionArn": arn, "PipelineExecutionStatus": statuses[0]}
                for arn, statuses in self.executions.items()
            ]
        }

    def stop_pipeline_execution(self, PipelineExecutionArn: str, ClientRequestToken: str) -> None:  # noqa: N803
        assert 32 <= len(ClientRequestToken) <= 128
        self.stopped.append(PipelineExecutionArn)
        if PipelineExecutionArn == "ended-meanwhile":
            raise refused("ConflictException")

    def describe_pipeline_execution(self, PipelineExecutionArn: str) -> dict[str, Any]:  # noqa: N803
        statuses = self.executions[PipelineExecutionArn]
        return {"PipelineExecutionStatus": statuses.pop(0) if len(statuses) > 1 else statuses[0]}

    def list_model_packages(self, ModelPackageGroupName: str, **order: str) -> dict[str, Any]:  # noqa: N803
        assert order == {"SortBy": "CreationTime", "SortOrder": "Descending"}
        if ModelPackageGroupName not in self.packages:
            raise refused("ValidationException", "ModelPackageGroup does not exist.")
        return {"ModelPackageSummaryList": [{"ModelPackageArn": arn} for arn in self.packages[ModelPackageGroupName]]}

    def delete_model_package(self, ModelPackageName: str) -> None:  # noqa: N803
        for arns in self.packages.values():
            if ModelPackageName in arns:
                arns.remove(ModelPackageName)


class S3(Client):
    """`emptied`: the buckets in the order in which they lost their objects."""

    def __init__(self, **versions: list[str]) -> None:
        self.versions = versions
        self.emptied: list[str] = []

    def list_object_versions(self, Bucket: str) -> dict[str, Any]:  # noqa: N803
        if Bucket not in self.versions:
            raise refused("NoSuchBucket")
        return {"Versions": [{"Key": key, "VersionId": "1"} for key in self.versions[Bucket]]}

    def delete_objects(self, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        self.emptied.append(Bucket)
        self.versions[Bucket] = [
            key for key in self.versions[Bucket] if {"Key": key, "VersionId": "1"} not in Delete["Objects"]
        ]
        return {}


@pytest.fixture
def sagemaker(deployed: Deployed) -> SageMaker:
    deployed.platform = deployed.platform.model_copy(update={"retain_data": False})
    deployed.clients = {"sagemaker": SageMaker(), "s3": S3(raw=["x"], data=["a", "b"], trail=["t"], logs=["l"])}
    its: SageMaker = deployed.clients["sagemaker"]
    return its


def should_stop_what_runs_and_wait_for_its_end(deployed: Deployed, sagemaker: SageMaker, slept: list[float]) -> None:
    sagemaker.executions = {
        "x/running": ["Executing", "Stopping", "Stopping", "Stopped"],
        "x/stopping": ["Stopping", "Stopped"],
        "x/done": ["Succeeded"],
    }
    said: list[str] = []
    stop_pipelines(deployed, said.append)
    assert sagemaker.stopped == ["x/running"]
    assert said == [f"Waiting for pipeline execution {name} to stop" for name in ("running", "stopping")]
    assert sagemaker.executions["x/running"] == ["Stopped"]


def should_not_mind_an_execution_that_ends_before_it_is_stopped(
    deployed: Deployed, sagemaker: SageMaker, slept: list[float]
) -> None:
    sagemaker.executions = {"ended-meanwhile": ["Executing", "Succeeded"]}
    stop_pipelines(deployed, lambda _: None)
    assert sagemaker.stopped == ["ended-meanwhile"]


def should_say_what_does_not_stop(deployed: Deployed, sagemaker: SageMaker, slept: list[float]) -> None:
    sagemaker.executions = {"stuck": ["Stopping"]}
    with pytest.raises(OpsError, match="stuck is still Stopping after 900 s"):
        stop_pipelines(deployed, lambda _: None)


def should_stop_nothing_where_the_pipeline_is_destroyed_and_hide_no_other_error(
    deployed: Deployed, sagemaker: SageMaker
) -> None:
    sagemaker.refusal = refused("ResourceNotFound")
    stop_pipelines(deployed, lambda _: None)
    sagemaker.refusal = refused("AccessDeniedException")
    with pytest.raises(ClientError):
        stop_pipelines(deployed, lambda _: None)


def outputs(**values: str) -> dict[str, Any]:
    """DescribeStacks of a stack with these outputs."""
    return {"Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in values.items()]}


@pytest.mark.parametrize(
    ("stack", "objects"),
    [
        (None, 0),
        ({"StackStatus": "ROLLBACK_COMPLETE"}, 0),
        (outputs(RawBucket="raw", DataBucket="data"), 3),
        (outputs(ArtifactsBucket="gone"), 0),
    ],
)
def should_empty_what_there_is(
    deployed: Deployed, sagemaker: SageMaker, stack: dict[str, Any] | None, objects: int
) -> None:
    if stack:
        deployed.stacks["data"] = stack
    del sagemaker.packages["ashlar-dev-reviews-xgboost"]
    assert empty(deployed, lambda _: None) == {"object versions": objects, "model packages": 2}
    assert sagemaker.packages == {"ashlar-dev-reviews-linear": []}


def should_delete_as_the_custodian_and_the_records_last(
    deployed: Deployed, sagemaker: SageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    custodian = S3(raw=["a"], data=["b"], artifacts=["c"], trail=["d"], logs=["e"])
    sessions: dict[str, Any] = {}

    def assume(role: str, name: str) -> Any:
        sessions[role] = name
        session = Deployed()
        session.clients["s3"] = custodian
        return session

    monkeypatch.setattr(deployed, "assume", assume)
    deployed.stacks["data"] = outputs(
        ArtifactsBucket="artifacts", DataBucket="data", RawBucket="raw", CustodianRole="arn:custodian"
    )
    deployed.stacks["audit"] = outputs(AccessLogsBucket="logs", TrailBucket="trail")
    assert empty(deployed, lambda _: None)["object versions"] == 5
    assert sessions == {"arn:custodian": "empty"}
    assert custodian.emptied == ["raw", "data", "artifacts", "trail", "logs"]
    assert deployed.clients["s3"].emptied == []


def should_delete_late_records_as_the_operator_once_the_custodian_is_gone(
    deployed: Deployed, sagemaker: SageMaker
) -> None:
    deployed.stacks["audit"] = outputs(AccessLogsBucket="logs", TrailBucket="trail")
    assert empty(deployed, lambda _: None)["object versions"] == 2
    assert deployed.clients["s3"].emptied == ["trail", "logs"]


def should_keep_what_an_environment_retains(deployed: Deployed, sagemaker: SageMaker) -> None:
    deployed.platform = deployed.platform.model_copy(update={"retain_data": True})
    with pytest.raises(OpsError, match="nothing is emptied"):
        empty(deployed, lambda _: None)
    assert len(sagemaker.packages["ashlar-dev-reviews-linear"]) == 2
