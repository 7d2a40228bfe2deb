"""Bring a batch of raw data in, with the uploader role: the files first, then the marker that starts the pipeline."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

from ops.session import Environment, OpsError

READY_MARKER = "_READY"
SUFFIXES = (".csv", ".csv.gz")


def check_file(file: Path) -> None:
    """Raise OpsError unless `file` is a readable CSV file by its name."""
    if not file.is_file():
        raise OpsError(f"{file} does not exist. Name a CSV file: DATA=path.csv or DATA=path.csv.gz")
    if not file.name.lower().endswith(SUFFIXES):
        raise OpsError(f"{file} is neither {' nor '.join(SUFFIXES)}. Name a CSV file, gzipped or not.")


def upload(environment: Environment, model: str, file: Path) -> str:
    """Upload `file` as a batch of its own and mark it ready. Answers the marker's key.

    The marker is a SageMaker manifest that names the batch's files: exactly these are processed, whatever else comes.
    """
    check_file(file)
    outputs = environment.outputs("data")
    bucket = outputs["RawBucket"]
    s3 = environment.assume(outputs["UploaderRole"], "upload").client("s3")
    batch = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S%fZ")
    prefix = f"raw/{model}/{batch}/"
    s3.upload_file(str(file), bucket, f"{prefix}{file.name}")
    manifest = [{"prefix": f"s3://{bucket}/{prefix}"}, file.name]
    marker = f"{prefix}{READY_MARKER}"
    s3.put_object(Bucket=bucket, Key=marker, Body=json.dumps(manifest).encode())
    return marker
