"""Who may do what, as real calls with credentials of the deployed roles, under the deployed policies and boundary.

The table is access/people.py and access/services.py. An allowed call succeeds, or fails with the error that the table
names and that only an authorised caller is told; a denied one is AccessDenied. Calls from inside the VPC are made by a
job attached to it, which carries the S3 endpoint as jobs on AWS do; the others by whoever holds the credentials.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.access import attempt, people, services
from tests.end_to_end.access.case import Case
from tests.end_to_end.access.deployed import Deployed, deployed
from tests.end_to_end.conftest import Ashlar
from tests.local.cloud import REGION, eventually

CASES = [*people.CASES, *services.CASES]
FEWEST_OF_EACH = 45
# EC2, SNS and API Gateway have words of their own for AccessDenied.
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"}
# The front door's own words: it names no ARN.
REFUSALS = ("not authorized to perform", "urn:problem-type:ashlar:forbidden")

Answers = dict[int, dict[str, str]]


@pytest.fixture(scope="module")
def answers(ashlar: Ashlar, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    """What every call of the table was answered: outside the VPC one after another, then inside it by one job."""
    with deployed(ashlar) as it:
        outside = [case for case in CASES if not case.inside]
        inside = [case for case in CASES if case.inside]
        place = (ashlar.cloud.url, ashlar.cloud.certificate_authority, REGION)
        told = [attempt.attempt(*place, **_given(case, it)) for case in outside]
        told += _from_inside(ashlar, it, inside, tmp_path_factory.mktemp("inside"))
        yield dict(zip(map(id, [*outside, *inside]), told, strict=True))


def _given(case: Case, it: Deployed) -> dict[str, Any]:
    return {"credentials": it.credentials[case.who], "call": case.call, "arguments": case.filled(it.values)}


def _from_inside(ashlar: Ashlar, it: Deployed, cases: list[Case], folder: Path) -> list[dict[str, str]]:
    """A job in the platform's subnets makes the calls. There is no container here, so it reads the test's own files."""
    calls, answers = folder / "calls.json", folder / "answers.json"
    calls.write_text(json.dumps([_given(case, it) for case in cases]))
    sagemaker = ashlar.client("sagemaker")
    sagemaker.create_processing_job(
        ProcessingJobName="matrix-inside",
        RoleArn=it.values["processing_role"],
        AppSpecification={
            "ImageUri": it.values["image"],
            "ContainerEntrypoint": ["python", attempt.__file__, str(calls), str(answers)],
        },
        ProcessingResources={
            "ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1}
        },
        NetworkConfig={
            "VpcConfig": {"Subnets": [it.values["subnet"]], "SecurityGroupIds": [it.values["group"]]},
        },
    )

    def ended() -> dict[str, Any] | None:
        job: dict[str, Any] = sagemaker.describe_processing_job(ProcessingJobName="matrix-inside")
        return None if job["ProcessingJobStatus"] == "InProgress" else job

    job = eventually(ended, seconds=120)
    assert job and job["ProcessingJobStatus"] == "Completed", job
    told: list[dict[str, str]] = json.loads(answers.read_text())
    return told


@pytest.mark.parametrize("case", CASES, ids=str)
def should_answer_as_the_table_says(answers: Answers, case: Case) -> None:
    code, message = answers[id(case)]["code"], answers[id(case)]["message"]
    if case.is_allowed:
        assert code == case.error, message
    else:
        assert code in DENIED, f"{code or 'it worked'} {message}"
        assert any(said in message for said in REFUSALS), message


@pytest.mark.parametrize("is_allowed", [True, False], ids=["allowed", "denied"])
def should_have_enough_of_both(is_allowed: bool, record_property: Any) -> None:
    found = sum(case.is_allowed is is_allowed for case in CASES)
    record_property("cases", found)
    print(f"{found} calls {'allowed' if is_allowed else 'denied'}")
    assert found >= FEWEST_OF_EACH
    assert len(set(map(str, CASES))) == len(CASES)
