"""A batch lies in the raw bucket, written by the uploader, and is marked ready last."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.upload import upload
from tests.ops.conftest import Client, Deployed


class S3(Client):
    """`objects`: (bucket, key) -> content, in the order of writing."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}

    def upload_file(self, file: str, bucket: str, key: str) -> None:
        self.objects[bucket, key] = Path(file).read_bytes()

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        self.objects[Bucket, Key] = Body


def should_upload_into_the_raw_bucket_as_the_uploader(
    deployed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"RawBucket": "raw", "DataBucket": "data", "UploaderRole": "arn:uploader"}
    deployed.stacks["data"] = {"Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in values.items()]}
    uploader, roles = Deployed(), []
    s3 = uploader.clients["s3"] = S3()

    def assume(role: str, name: str) -> Any:
        roles.append((role, name))
        return uploader

    monkeypatch.setattr(deployed, "assume", assume)
    file = tmp_path / "reviews.csv"
    file.write_text("Title\n")
    marker = upload(deployed, "reviews", file)
    assert roles == [("arn:uploader", "upload")]
    (first, content), (last, manifest) = s3.objects.items()
    batch = marker.removesuffix("_READY")
    assert batch.startswith("raw/reviews/")
    assert (first, content) == (("raw", f"{batch}reviews.csv"), b"Title\n")
    assert last == ("raw", marker)
    assert json.loads(manifest) == [{"prefix": f"s3://raw/{batch}"}, "reviews.csv"]
