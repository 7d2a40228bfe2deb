"""Data in and out of a job: S3 prefixes, manifests and archives, moved with the credentials of the job's role."""

import io
import json
import math
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_CHUNK_BYTES = 1 << 20


class DataError(Exception):
    """Input or output that cannot be moved; `str()` is what the user reads in FailureReason."""


def split_uri(uri: str) -> tuple[str, str]:
    """Return the bucket and the key or prefix of an `s3://bucket/key` URI."""
    if not uri.startswith("s3://") or len(uri) <= len("s3://"):
        raise DataError(f'"{uri}" is not an S3 URI.')
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def relative_name(key: str, prefix: str) -> str:
    """Return a key's path below the folder its prefix names; a prefix that is the object's key gives its file name."""
    rest = key[len(prefix) :]
    if prefix == "" or prefix.endswith("/"):
        return rest
    if rest.startswith("/"):
        return rest[1:]
    return key[prefix.rfind("/") + 1 :]


def parse_manifest(text: str) -> list[tuple[str, str]]:
    """Return (S3 URI, relative name) of each entry of a SageMaker manifest: `[{"prefix": "s3://..."}, "name", ...]`."""
    try:
        entries = json.loads(text)
        prefix, names = entries[0]["prefix"], entries[1:]
    except (ValueError, LookupError, TypeError) as error:
        raise DataError('The manifest must be a JSON list whose first entry is {"prefix": "s3://..."}.') from error
    split_uri(prefix)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise DataError("The manifest must list at least one object by its name relative to the prefix.")
    return [(prefix + name, name) for name in names]


def download(s3: Any, uri: str, folder: Path, *, data_type: str = "S3Prefix") -> None:
    """Fetch what an S3 data source names into `folder`."""
    download_listed(s3, listed_objects(s3, uri, data_type=data_type), folder)


def listed_objects(s3: Any, uri: str, *, data_type: str = "S3Prefix") -> list[tuple[str, str]]:
    """Return (S3 URI, relative name) of the objects that an S3 data source names; DataError where there are none."""
    if data_type == "ManifestFile":
        return parse_manifest(read_text(s3, uri))
    bucket, prefix = split_uri(uri)
    found = [(f"s3://{bucket}/{key}", relative_name(key, prefix)) for key in _keys(s3, bucket, prefix)]
    if not found:
        raise DataError(
            f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
            f'exists, that objects exist under that S3 prefix, and that the role has "s3:ListBucket" permission on '
            f'bucket "{bucket}".'
        )
    return found


def read_text(s3: Any, uri: str) -> str:
    """Return an object's content."""
    bucket, key = split_uri(uri)
    return str(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())


def download_archive(s3: Any, uri: str, folder: Path, *, deadline: float = math.inf) -> None:
    """Fetch a .tar.gz object and unpack it into `folder`; DataError once `time.monotonic()` is beyond `deadline`."""
    bucket, key = split_uri(uri)
    chunks = []
    for chunk in s3.get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(_CHUNK_BYTES):
        chunks.append(chunk)
        if time.monotonic() > deadline:
            raise DataError(f'The download of "{uri}" took longer than its time limit.')
    unpack(b"".join(chunks), folder)


def unpack(archive: bytes, folder: Path) -> None:
    """Unpack a tar archive, refusing members that would land outside `folder` or are not plain files."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(folder, filter="data")
    except tarfile.TarError as error:
        raise DataError(f"The archive cannot be unpacked: {error}") from error


def pack(*folders: Path) -> bytes:
    """Return the folders' files as one .tar.gz, names relative to them; of two with one name the first folder's."""
    names: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            names.setdefault(path.relative_to(folder).as_posix(), path)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=6) as tar:
        for name, path in sorted(names.items()):
            tar.add(path, arcname=name, recursive=False)
    return buffer.getvalue()


def upload(s3: Any, uri: str, body: bytes, *, kms_key: str | None) -> None:
    """Store one object, under `kms_key` or else the bucket's default encryption."""
    bucket, key = split_uri(uri)
    s3.put_object(Bucket=bucket, Key=key, Body=body, **_encryption(kms_key))


def upload_folder(s3: Any, folder: Path, uri: str, *, kms_key: str | None) -> None:
    """Store every file below `folder` under the prefix `uri`."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        upload_file(s3, path, f"{uri.rstrip('/')}/{path.relative_to(folder).as_posix()}", kms_key=kms_key)


def upload_file(s3: Any, path: Path, uri: str, *, kms_key: str | None) -> None:
    """Store one file."""
    bucket, key = split_uri(uri)
    s3.upload_file(str(path), bucket, key, ExtraArgs=_encryption(kms_key))


def _encryption(kms_key: str | None) -> dict[str, str]:
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            if not item["Key"].endswith("/"):
                yield item["Key"]


def download_listed(s3: Any, listed: list[tuple[str, str]], folder: Path) -> None:
    """Fetch objects, each to its relative name below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for uri, name in listed:
        target = (folder / name).resolve()
        if not target.is_relative_to(folder.resolve()):
            raise DataError(f'"{uri}" would be stored outside its folder.')
        target.parent.mkdir(parents=True, exist_ok=True)
        bucket, key = split_uri(uri)
        s3.download_file(bucket, key, str(target))
