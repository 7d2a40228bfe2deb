"""Presigned links of S3: policies can ask for them and for their age, and what was signed with them must be sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
import urllib3
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.local import stacks
from tests.local.cloud import REGION, LocalCloud
from tests.local.sagemaker.workshop import unique

_ONCE = {"If-None-Match": "*", "Content-Type": "text/csv"}


@dataclass(frozen=True)
class Place:
    """A bucket that a role may use by links of fifteen minutes only."""

    bucket: str
    cloud: LocalCloud
    role: dict[str, str]
    http: urllib3.PoolManager

    def link(self, method: str, key: str, **headers: str) -> str:
        """A link that the role made, good for an hour by itself."""
        signer = Credentials(self.role["AccessKeyId"], self.role["SecretAccessKey"], self.role["SessionToken"])
        request = AWSRequest(method, f"{self.cloud.url}/{self.bucket}/{key}", headers=headers)
        S3SigV4QueryAuth(signer, "s3", REGION, expires=3600).add_auth(request)
        return str(request.url)

    def put(self, link: str, body: bytes, **headers: str) -> int:
        """The status of an upload."""
        return int(self.http.request("PUT", link, body=body, headers=headers).status)


@pytest.fixture(scope="module")
def place(local_cloud: LocalCloud) -> Iterator[Place]:
    s3, bucket = local_cloud.client("s3"), unique("links")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    role = stacks.make_role(local_cloud, unique("links"), "root", {"Action": "s3:*", "Resource": "*"})
    limits = (
        {"StringNotEquals": {"s3:authType": "REST-QUERY-STRING"}},
        {"NumericGreaterThan": {"s3:signatureAge": "900000"}},
    )
    denied = {
        "Effect": "Deny",
        "Principal": {"AWS": role},
        "Action": "s3:*Object",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [{**denied, "Condition": limit} for limit in limits]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    s3.put_object(Bucket=bucket, Key="there", Body=b"content")
    http = urllib3.PoolManager(ca_certs=local_cloud.certificate_authority, retries=False)
    yield Place(bucket, local_cloud, stacks.credentials_of(local_cloud, role), http)


def should_tell_a_link_from_a_call(place: Place) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        place.cloud.client("s3", place.role).get_object(Bucket=place.bucket, Key="there")
    answer = place.http.request("GET", place.link("GET", "there"))
    assert (answer.status, answer.data) == (200, b"content")


def should_know_how_old_a_link_is(place: Place) -> None:
    for minutes, status in ((14, 200), (16, 403)):
        with mock.patch(
            "botocore.auth.get_current_datetime", lambda m=minutes: datetime.now(UTC) - timedelta(minutes=m)
        ):
            link = place.link("GET", "there")
        assert place.http.request("GET", link).status == status


def should_take_an_upload_once_and_as_it_was_signed(place: Place) -> None:
    link = place.link("PUT", "new", **_ONCE, **{"Content-Length": "3"})
    assert place.put(link, b"abc", **{"Content-Type": "text/csv"}) == 403
    assert place.put(link, b"abcd", **_ONCE) == 403
    assert place.put(link, b"abc", **_ONCE) == 200
    assert place.put(link, b"abc", **_ONCE) == 412
