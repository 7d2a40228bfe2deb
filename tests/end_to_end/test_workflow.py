"""Executions of the pipeline: resumed, refused, failed, taken from the cache; and what a batch transform predicts."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.end_to_end.conftest import Ashlar
from tests.end_to_end.serving import ENDPOINT
from tests.end_to_end.workflow import Execution, Workflow, deployed
from tests.local.cloud import eventually, run_launcher

ROWS = 3000
IN_A_REQUEST = 500
CHECKPOINT_EVERY = 25  # rounds: the script's own default


@pytest.fixture(scope="module")
def reviews() -> list[dict[str, str]]:
    """All different, and more than one request's payload together."""
    with (ROOT / "build/sample_reviews.csv").open(newline="") as file:
        texts = [row["Review Text"] for row in csv.DictReader(file) if row["Review Text"].strip()]

    def joined(number: int) -> str:
        apart = 1 + number // len(texts)
        return " ".join(texts[(number + step * apart) % len(texts)] for step in range(3))

    return [{"title": f"Review {number}", "text": joined(number)} for number in range(ROWS)]


@pytest.fixture(scope="module")
def workflow(
    ashlar: Ashlar, reviews: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workflow]:
    with deployed(ashlar, tmp_path_factory.mktemp("workflow")) as found:
        body = "".join(f"{json.dumps(review)}\n" for review in reviews).encode()
        place = {"Bucket": ashlar.outputs("data")["RawBucket"], "Key": "raw/reviews/transform/reviews.jsonl"}
        ashlar.client("s3").put_object(**place, Body=body)
        yield found


@pytest.fixture(scope="module")
def failed(workflow: Workflow) -> tuple[Execution, set[str]]:
    """An execution with a hyperparameter that the script refuses, and what was registered before it."""
    before = workflow.packages()
    return workflow.ended(workflow.start(rounds="0")), before


@pytest.fixture(scope="module")
def whole(workflow: Workflow, failed: tuple[Execution, set[str]]) -> Execution:
    """The next execution; nobody interrupts it."""
    return workflow.ended(workflow.start())


@pytest.fixture(scope="module")
def interrupted(workflow: Workflow, whole: Execution) -> tuple[Execution, Execution]:
    """One whose spot instance is taken away in the middle of training, and one that was started meanwhile."""
    arn = workflow.start()
    job = eventually(lambda: _training_job(workflow, arn), seconds=120)
    eventually(lambda: _has_checkpoint(workflow, job), seconds=120)
    done = run_launcher("interrupt", job, state=workflow.ashlar.state)
    assert done.returncode == 0, done.stderr
    other = workflow.ended(workflow.start())
    return workflow.ended(arn), other


def _training_job(workflow: Workflow, arn: str) -> str:
    step = workflow.steps(arn).get("Train-xgboost", {})
    return str(step.get("Metadata", {}).get("TrainingJob", {}).get("Arn", "")).rsplit("/", 1)[-1]


def _has_checkpoint(workflow: Workflow, job: str) -> bool:
    uri = workflow.sagemaker.describe_training_job(TrainingJobName=job)["CheckpointConfig"]["S3Uri"]
    bucket, prefix = uri.removeprefix("s3://").split("/", 1)
    return "Contents" in workflow.ashlar.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)


def should_say_which_hyperparameter_was_wrong_and_lose_nothing(
    workflow: Workflow, failed: tuple[Execution, set[str]]
) -> None:
    execution, before = failed
    assert execution.status == "Failed"
    reason = execution.steps["Train-xgboost"]["FailureReason"]
    assert "argument --num_round" in reason and "'0'" in reason
    assert reason.removeprefix("AlgorithmError: ") in workflow.log(execution, "Train-xgboost")
    assert workflow.packages() >= before


def should_work_again_after_a_failure(whole: Execution) -> None:
    assert whole.status == "Succeeded", whole.steps


def should_take_what_did_not_change_from_earlier_executions(whole: Execution) -> None:
    """A job with checkpoints is not among them: its folder is the execution's own."""
    cached = {name for name, step in whole.steps.items() if "CacheHitResult" in step}
    assert cached == {"Process", "Train-linear"}


def should_resume_an_interrupted_training_and_lose_no_more_than_since_its_last_checkpoint(
    workflow: Workflow, interrupted: tuple[Execution, Execution]
) -> None:
    execution, _ = interrupted
    assert execution.status == "Succeeded", execution.steps
    job = workflow.sagemaker.describe_training_job(TrainingJobName=execution.job("Train-xgboost", "TrainingJob"))
    assert {"Interrupted", "Restarting"} <= {each["Status"] for each in job["SecondaryStatusTransitions"]}
    before, resumed, after = re.split(
        r"resumed from a checkpoint after (\d+) rounds", workflow.log(execution, "Train-xgboost")
    )
    lost = [int(number) for number in re.findall(r"^round=(\d+) ", before, re.MULTILINE)][-1] + 1 - int(resumed)
    assert lost < CHECKPOINT_EVERY
    again = [int(number) for number in re.findall(r"^round=(\d+) ", after, re.MULTILINE)]
    assert int(resumed) <= again[0]


def should_reach_the_same_figures_as_without_the_interruption(
    workflow: Workflow, whole: Execution, interrupted: tuple[Execution, Execution]
) -> None:
    assert workflow.evaluation(interrupted[0]) == workflow.evaluation(whole)


def should_refuse_a_second_execution_while_one_runs(interrupted: tuple[Execution, Execution]) -> None:
    running, other = interrupted
    assert other.status == "Failed"
    assert set(other.steps) == {"Start"}
    reason = other.steps["Start"]["FailureReason"]
    assert "Another execution of ashlar-local-reviews runs since" in reason
    assert running.id in reason


def should_predict_whole_files_as_the_endpoint_does(
    workflow: Workflow, whole: Execution, reviews: list[dict[str, str]]
) -> None:
    # GIVEN an endpoint that serves the artifact which the transform job used
    job = whole.job("Transform-linear", "TransformJob")
    transform = workflow.sagemaker.describe_transform_job(TransformJobName=job)
    model = workflow.sagemaker.describe_model(ModelName=transform["ModelName"])
    answers = list(_answered(workflow, reviews))
    (package,) = {answer["model_package"] for answer in answers}
    served = workflow.sagemaker.describe_model_package(ModelPackageName=package)["InferenceSpecification"]
    assert served["Containers"][0]["ModelDataUrl"] == model["PrimaryContainer"]["ModelDataUrl"]
    # THEN both say the same of each review, in the same order
    lines = workflow.read(f"{transform['TransformOutput']['S3OutputPath']}/reviews.jsonl.out").splitlines()
    expected = [prediction for answer in answers for prediction in answer["predictions"]]
    assert len(expected) == ROWS
    assert [json.loads(line) for line in lines] == expected
    # AND another order would be another answer
    assert len(set(lines)) > ROWS / 2


def _answered(workflow: Workflow, reviews: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
    runtime, left = workflow.ashlar.client("sagemaker-runtime"), iter(reviews)
    while instances := list(islice(left, IN_A_REQUEST)):
        answer = runtime.invoke_endpoint(
            EndpointName=ENDPOINT,
            ContentType="application/json",
            TargetVariant="linear",
            Body=json.dumps({"instances": instances}),
        )
        yield json.loads(answer["Body"].read())
