"""A local cloud in a hurry, for what takes minutes on AWS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.local.cloud import REGION, started
from tests.local.sagemaker.workshop import Workshop, unique

# Five minutes pass in one second.
_FACTOR = 300


@pytest.fixture(scope="session")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with started(tmp_path_factory.mktemp("hurried"), "--time-factor", str(_FACTOR)) as cloud:
        bucket, place = unique("hurried"), {"LocationConstraint": REGION}
        cloud.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
        yield Workshop(cloud, bucket)
