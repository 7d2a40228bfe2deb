"""The objects of captured data and ground truth in the data bucket, and who may reach them.

The bucket lets nobody in from outside the VPC but a few roles: the analyst's is one of them (docs/data.md).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ops import live
from ops.session import Environment, OpsError

HOUR = "%Y/%m/%d/%H"


class Store:
    """Lines of the objects of one endpoint."""

    def __init__(self, environment: Environment, endpoint: str) -> None:
        outputs = environment.outputs("data")
        role = outputs.get("AnalystRole")
        self._bucket = outputs["DataBucket"]
        # An installation without the role may still be read from inside its VPC.
        self._s3: Any = environment.assume(role, "compare").client("s3") if role else environment.client("s3")
        self._name = environment.platform.name(endpoint)

    def captured(self, destination: str, variant: str, since: datetime) -> Iterator[tuple[str, datetime]]:
        """(line, when its object was written) of a variant's captured data, below `destination`, s3://bucket/prefix."""
        bucket, _, prefix = destination.removeprefix("s3://").rstrip("/").partition("/")
        return self._lines(bucket, f"{prefix}/{self._name}/{variant}/", since)

    def labelled(self, since: datetime) -> Iterator[tuple[str, datetime]]:
        """The same of ground truth; it comes after the requests that it is about."""
        return self._lines(self._bucket, f"ground-truth/{self._name}/", since)

    def label(self, lines: list[str]) -> str:
        """Write ground truth; the address of its object."""
        now = datetime.now(UTC)
        key = f"ground-truth/{self._name}/{now.strftime(HOUR)}/{now:%M-%S}-{uuid.uuid4()}.jsonl"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body="".join(f"{line}\n" for line in lines).encode())
        return f"s3://{self._bucket}/{key}"

    def _lines(self, bucket: str, prefix: str, since: datetime) -> Iterator[tuple[str, datetime]]:
        # Keys sort by time, so the listing begins with the hour.
        start = f"{prefix}{since.astimezone(UTC).strftime(HOUR)}"
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, StartAfter=start)
        for listed in (each for page in pages for each in page.get("Contents", [])):
            body = self._s3.get_object(Bucket=bucket, Key=listed["Key"])["Body"].read()
            # JSON may hold other ends of lines than this one, such as U+2028.
            for line in body.decode("utf-8", "replace").split("\n"):
                if line.strip():
                    yield line, listed["LastModified"]


def captured_to(environment: Environment, endpoint: str) -> str:
    """Where the live endpoint's captured data goes. Raises OpsError where it captures nothing."""
    configuration = live.configuration(environment, live.describe(environment, endpoint))
    capture = configuration.get("DataCaptureConfig", {})
    if not capture.get("EnableCapture"):
        raise OpsError(f"{endpoint} captures nothing yet: deploy it with `capture: {{percent: …}}`, then release.")
    return str(capture["DestinationS3Uri"])
