"""What goes wrong says what it was, and loses nothing."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.end_to_end.conftest import Ashlar, make
from tests.end_to_end.operators import Operators, listening
from tests.end_to_end.packages import latest
from tests.local.cloud import eventually

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
DENIED = "AccessDenied"


def should_stop_the_pipeline_and_tell_the_operators_when_training_may_not_write_its_artifact(ashlar: Ashlar) -> None:
    # GIVEN a training role without s3:PutObject
    iam = ashlar.client("iam")
    (role,) = iam.list_roles(PathPrefix="/ashlar/local/training/")["Roles"]
    (attached,) = iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
    policy = attached["PolicyArn"]
    original = iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=policy, VersionId=original)["PolicyVersion"]["Document"]
    kept = [statement for statement in document["Statement"] if "s3:PutObject" not in statement["Action"]]
    assert len(kept) == len(document["Statement"]) - 1
    _replace(iam, policy, {**document, "Statement": kept})
    with listening(ashlar) as operators:
        try:
            # WHEN data arrives
            done = ashlar.ops("run", "reviews", "--data", "build/sample_reviews.csv")
        finally:
            _replace(iam, policy, document)
        told = _told(operators, wanted=("Training Job", "Step", "Pipeline execution"))
    # THEN the job says what it was denied, and nothing after it runs
    assert done.returncode == 1
    assert "The pipeline ended as Failed" in done.stderr
    assert "AccessDenied" in done.stdout + done.stderr
    assert "Evaluate" not in done.stdout
    failed = ashlar.client("sagemaker").list_training_jobs(StatusEquals="Failed", NameContains="pipelines-")
    jobs = failed["TrainingJobSummaries"]
    reasons = [
        ashlar.client("sagemaker").describe_training_job(TrainingJobName=job["TrainingJobName"])["FailureReason"]
        for job in jobs
    ]
    assert reasons
    assert all("AccessDenied" in reason and "s3:PutObject" in reason for reason in reasons)
    # AND the operators' encrypted topic says so, in sentences
    job = rf"Training Job pipelines-\w+-Train-\w+-\w+ is Failed\. ClientError: .*{DENIED}"
    assert re.match(rf"{TIME}: {job}", told["Training Job"])
    step = rf"Step Train-\w+ of pipeline execution arn:\S+ failed\. .*{DENIED}"
    assert re.match(rf"{TIME}: {step}", told["Step"])
    assert re.fullmatch(rf"{TIME}: Pipeline execution arn:\S+ is Failed\.", told["Pipeline execution"])


def _told(operators: Operators, *, wanted: tuple[str, ...]) -> dict[str, str]:
    """What was said first about each subject: how the sentences after the time begin."""

    def heard() -> dict[str, str]:
        sentences = [message.text.strip('"') for message in operators.heard()]
        found = {each: next((its for its in sentences if f"Z: {each} " in its), "") for each in wanted}
        return found if all(found.values()) else {}

    return eventually(heard)


def _replace(iam: Any, policy: str, document: dict[str, Any]) -> None:
    for version in iam.list_policy_versions(PolicyArn=policy)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=policy, VersionId=version["VersionId"])
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=json.dumps(document), SetAsDefault=True)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Title,Review Text\nnice,I love it\n", "Rating"),
        ("", "empty"),
        ("Title,Review Text,Rating\nnice,I love it,nine\n", "nine"),
    ],
)
def should_say_what_is_wrong_with_the_data(ashlar: Ashlar, tmp_path: Path, content: str, expected: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(content)
    done = ashlar.ops("run", "reviews", "--data", str(file))
    assert done.returncode == 1
    assert expected in done.stdout + done.stderr


def should_say_where_the_log_is_of_a_job_that_failed_on_its_data(ashlar: Ashlar, tmp_path: Path) -> None:
    # GIVEN data that nobody looked at before they were uploaded
    file = tmp_path / "bad.csv"
    file.write_text("Title,Review Text,Rating\nnice,I love it,nine\n")
    uploaded = ashlar.ops("upload", "reviews", "--data", str(file))
    assert uploaded.returncode == 0, uploaded.stderr
    # WHEN their execution has failed
    said = eventually(lambda: _failed(ashlar, uploaded.stdout.strip()), seconds=120)
    # THEN the operator reads why, and finds the job's log
    assert "Rating is 'nine'" in " ".join(re.sub("[│┃]", " ", said).split())
    (command,) = re.findall(r"-m ops (pipeline logs reviews Process --execution \w+)", said)
    assert "bad.csv line 2: Rating is 'nine'" in ashlar.ops(*command.split()).stdout


def _failed(ashlar: Ashlar, marker: str) -> str:
    """What `ops pipeline show` says of the newest execution, once it is that of `marker` and has failed."""
    said = ashlar.ops("pipeline", "show", "reviews").stdout
    return said if f"InputManifest = {marker}" in said and ": Failed, started" in said else ""


def should_register_nothing_and_name_gate_and_champion_where_nobody_passes(ashlar: Ashlar, tmp_path: Path) -> None:
    # GIVEN reviews whose ratings belong to other reviews
    with (ROOT / "build/sample_reviews.csv").open(newline="") as source:
        header, *rows = csv.reader(source)
    rating = header.index("Rating")
    ratings = [row[rating] for row in rows]
    file = tmp_path / "mixed.csv"
    with file.open("w", newline="") as target:
        mixed = [_with(row, rating, its) for row, its in zip(rows, reversed(ratings), strict=True)]
        csv.writer(target).writerows([header, *mixed])
    before = [latest(ashlar, candidate)["ModelPackageArn"] for candidate in ("linear", "xgboost")]
    # WHEN they arrive
    done = ashlar.ops("run", "reviews", "--data", str(file))
    # THEN the reason has both, and what there was stays
    assert done.returncode == 1
    reason = " ".join(done.stdout.split())
    assert "No candidate of reviews reached macro_f1 >= 0.5 on the test split" in reason
    assert "came within 0.1 of the champion" in reason
    assert re.search(r"model-package/ashlar-local-reviews-(linear|xgboost)/\d+\. Compare them in report\.html", reason)
    assert before == [latest(ashlar, candidate)["ModelPackageArn"] for candidate in ("linear", "xgboost")]


def _with(row: list[str], column: int, value: str) -> list[str]:
    return [*row[:column], value, *row[column + 1 :]]


def should_refuse_data_that_does_not_exist_before_anything_starts(tmp_path: Path) -> None:
    done = make("deploy", f"DATA={tmp_path}/absent.csv", state=tmp_path / "state")
    assert done.returncode != 0
    assert f"{tmp_path}/absent.csv does not exist" in done.stderr
    assert not (tmp_path / "state").exists()


def should_refuse_an_unknown_environment_and_name_the_known_ones(tmp_path: Path) -> None:
    done = make("deploy", "ENV=prd", state=tmp_path / "state")
    assert done.returncode != 0
    assert "there is no such environment" in done.stderr
    assert "dev, local" in done.stderr


def should_refuse_an_unknown_endpoint_and_name_the_known_ones(ashlar: Ashlar, tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text("Title,Review Text\nnice,I love it\n")
    done = ashlar.ops("invoke", "revues", "--file", str(file), "--out", str(tmp_path / "out.jsonl"))
    assert done.returncode == 1
    assert "'revues'" in done.stderr
    assert "reviews" in done.stderr
    assert not (tmp_path / "out.jsonl").exists()
