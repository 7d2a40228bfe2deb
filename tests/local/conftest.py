"""One local cloud for all integration tests of this room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.local.cloud import REGION, LocalCloud, started
from tests.local.sagemaker.workshop import Workshop, unique


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with started(tmp_path_factory.mktemp("local-cloud")) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def fast_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud whose metrics, alarms and roll-outs take a tenth of AWS's time."""
    with started(tmp_path_factory.mktemp("fast-cloud"), "--time-factor", "10") as cloud:
        yield cloud


@pytest.fixture(scope="module")
def fast_workshop(fast_cloud: LocalCloud) -> Workshop:
    bucket, place = unique("workshop"), {"LocationConstraint": REGION}
    fast_cloud.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    return Workshop(fast_cloud, bucket)


@pytest.fixture(scope="module")
def workshop(local_cloud: LocalCloud) -> Workshop:
    bucket, place = unique("workshop"), {"LocationConstraint": REGION}
    local_cloud.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    return Workshop(local_cloud, bucket)
