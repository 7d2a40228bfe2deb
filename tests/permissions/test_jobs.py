"""Jobs: what each kind writes, and what it reads of other people's."""

from __future__ import annotations

import pytest

from review.iam import Deployed, Kind, Policies, Policy, Principal, Request, evaluate
from tests.permissions.reading import allowing, kind, of_kind, roles
from tests.stacks.variant import changed, stacks_of

ACCOUNT, OTHER_ACCOUNT = "111122223333", "999999999999"
JOBS = ("processing", "training", "evaluation", "scan", "experiment")
FOREIGN = "jumpstart-cache-prod-eu-west-1"


def folders(cloud: Deployed, job: str, action: str) -> set[str]:
    """`bucket/folder` of what a kind of job may do to objects, less the file with its code."""
    paths = [arn for statement in allowing(of_kind(cloud, job), action) for arn in statement["Resource"]]
    assert paths
    found = {arn.split("-data-", 1)[-1] for arn in paths if ":s3:::cdk-" not in arn}
    return {f"{path.split('bucket')[0]}/{path.split('/', 1)[1]}" for path in found}


def should_write_one_folder_of_its_own(cloud: Deployed) -> None:
    assert {job: folders(cloud, job, "s3:PutObject") for job in JOBS} == {
        "processing": {"data/processed/reviews/*"},
        "training": {"artifacts/models/reviews/*"},
        "evaluation": {"artifacts/evaluations/reviews/*"},
        "scan": {"artifacts/scans/reviews/*"},
        "experiment": {"artifacts/experiments/reviews/*"},
    }


def should_keep_experiments_from_what_is_released_and_from_raw_data(cloud: Deployed) -> None:
    """Whoever passes the role chooses its code: it must neither replace an approved model nor read more than he may."""
    read = folders(cloud, "experiment", "s3:GetObject")
    assert read == {"data/processed/reviews/*", "artifacts/experiments/reviews/*"}
    for job in ("pipeline", "evaluation", "hosting"):
        assert not [path for path in folders(cloud, job, "s3:GetObject") if "experiments/" in path]


def foreign(buckets: list[str]) -> Deployed:
    platform = changed("dev", {"network": {"s3_read_buckets": buckets}})
    stacks = {**stacks_of(platform), **stacks_of(platform, bootstrap=True)}
    named = {platform.name(name): template for name, template in stacks.items()}
    return Deployed(named, account=ACCOUNT, region="eu-west-1")


@pytest.fixture(scope="module")
def with_foreign() -> Deployed:
    return foreign([FOREIGN])


@pytest.fixture(scope="module")
def without_foreign() -> Deployed:
    return foreign([])


def may(cloud: Deployed, job: str, action: str, bucket: str) -> bool:
    """Whether a job may, in a bucket of another account that lets everybody in, through the VPC's endpoint."""
    (role,) = [role for role in roles(cloud) if kind(role) == job]
    context = {"aws:ResourceAccount": OTHER_ACCOUNT, "aws:PrincipalAccount": ACCOUNT}
    resource = f"arn:aws:s3:::{bucket}" if action == "s3:ListBucket" else f"arn:aws:s3:::{bucket}/some/model.tar.gz"
    everybody = Policy.parse(
        {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}},
        source="the owner's policy",
        kind=Kind.RESOURCE,
    )
    policies = Policies(
        identity=cloud.identity(role),
        boundary=cloud.boundary(role),
        resource=[everybody],
        endpoint=cloud.endpoint_policy("s3"),
    )
    return evaluate(Request(action, resource, Principal(role.arn), context, OTHER_ACCOUNT), policies).allowed


@pytest.mark.parametrize("job", JOBS)
def should_read_the_foreign_buckets_that_are_configured_and_no_others(
    with_foreign: Deployed, without_foreign: Deployed, job: str
) -> None:
    for action in ("s3:GetObject", "s3:ListBucket"):
        assert may(with_foreign, job, action, FOREIGN)
        assert not may(without_foreign, job, action, FOREIGN)
        assert not may(with_foreign, job, action, "somebodys-bucket")


@pytest.mark.parametrize("job", JOBS)
def should_write_into_no_foreign_bucket(with_foreign: Deployed, job: str) -> None:
    assert not may(with_foreign, job, "s3:PutObject", FOREIGN)
