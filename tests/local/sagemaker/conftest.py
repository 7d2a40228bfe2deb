"""A bucket of its own for every module of integration tests."""

from __future__ import annotations

import pytest

from tests.local.cloud import REGION, LocalCloud
from tests.local.sagemaker.workshop import Workshop, unique


@pytest.fixture(scope="module")
def workshop(local_cloud: LocalCloud) -> Workshop:
    bucket = unique("workshop")
    local_cloud.client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
    )  # fmt: skip
    return Workshop(local_cloud, bucket)
