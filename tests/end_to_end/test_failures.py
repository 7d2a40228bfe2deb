"""What goes wrong says what it was, and loses nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import Ashlar, make
from tests.end_to_end.operators import Operators, listening
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
