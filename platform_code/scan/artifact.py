"""One model.tar.gz: its size, its members' kinds and names, what is in them, and its manifest."""

from __future__ import annotations

import hashlib
import json
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from contents import refuse_pickles
from refused import RefusedError

MANIFEST = "manifest.json"
# A small archive may hold a large file of zeros.
UNPACKED_TIMES = 10
MOST_FILES = 100_000
CHUNK = 1024 * 1024
_KINDS = {tarfile.SYMTYPE: "a symbolic link", tarfile.LNKTYPE: "a hard link"}


def look_at(archive: Path, max_bytes: int, has_manifest: bool) -> dict[str, object]:
    """Checksum, bytes and number of files. Raises RefusedError for what must not be registered."""
    if not archive.is_file():
        raise RefusedError(f"{archive.name} is missing. The training job must write its model to SM_MODEL_DIR.")
    size = archive.stat().st_size
    if size > max_bytes:
        raise RefusedError(
            f"{archive.name} has {_mb(size)} MB, and {_mb(max_bytes)} are allowed. Leave out what serving does not "
            "need, or raise `scan.max_artifact_mb`."
        )
    try:
        files = _files(archive, max_bytes * UNPACKED_TIMES)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise RefusedError(f"{archive.name} is no sound .tar.gz ({error}). Train again.") from error
    if has_manifest:
        _check_manifest(files)
    with archive.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {"sha256": digest, "bytes": size, "files": len(files)}


def _files(archive: Path, max_unpacked: int) -> dict[str, dict[str, Any]]:
    """Name -> checksum, bytes and, of the manifest, content."""
    found: dict[str, dict[str, Any]] = {}
    unpacked = 0
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            name = _name(member)
            if member.isdir():
                continue
            if name in found:
                raise RefusedError(f"{name} is there twice: only one of them would be served. Write each file once.")
            unpacked += member.size
            if unpacked > max_unpacked or len(found) >= MOST_FILES:
                raise RefusedError(
                    f"{name}: the archive unpacks to more than {_mb(max_unpacked)} MB or {MOST_FILES} files, as one "
                    "does that is made to fill a disk. Leave out what serving does not need."
                )
            with tempfile.SpooledTemporaryFile(CHUNK * 64) as content:
                found[name] = _copied(tar.extractfile(member), content)
                if name == MANIFEST:
                    content.seek(0)
                    found[name]["content"] = content.read()
                refuse_pickles(name, content, max_unpacked)
    return found


def _name(member: tarfile.TarInfo) -> str:
    """The member's path below the model's folder. Raises RefusedError for one that leads elsewhere."""
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name or "\0" in member.name:
        raise RefusedError(f"{member.name!r} would be unpacked outside of the model's folder. Use relative paths only.")
    if not (member.isreg() or member.isdir()):
        kind = _KINDS.get(member.type, "no file")
        raise RefusedError(f"{member.name} is {kind}, and may lead anywhere. Copy the file itself.")
    return str(path)


def _copied(source: IO[bytes] | None, target: IO[bytes]) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    for chunk in _chunks(source):
        digest.update(chunk)
        size += len(chunk)
        target.write(chunk)
    return {"sha256": digest.hexdigest(), "bytes": size}


def _chunks(source: IO[bytes] | None) -> Iterator[bytes]:
    while source is not None and (chunk := source.read(CHUNK)):
        yield chunk


def _check_manifest(files: dict[str, dict[str, Any]]) -> None:
    """The archive holds what training wrote down, and nothing else."""
    if MANIFEST not in files:
        raise RefusedError(f"{MANIFEST} is missing. The training script must write it last, with write_manifest.")
    try:
        declared = json.loads(files[MANIFEST]["content"])["files"]
        expected = {name: (its["sha256"], its["bytes"]) for name, its in declared.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RefusedError(f"{MANIFEST} is no manifest ({type(error).__name__}: {error}). Train again.") from error
    actual = {name: (its["sha256"], its["bytes"]) for name, its in files.items() if name != MANIFEST}
    for name in sorted(expected.keys() | actual.keys()):
        if name not in actual:
            raise RefusedError(f"{name} is in {MANIFEST} but not in the archive. Train again.")
        if name not in expected:
            raise RefusedError(f"{name} is in the archive but not in {MANIFEST}: it was added later. Train again.")
        if actual[name] != expected[name]:
            raise RefusedError(f"{name} is not what {MANIFEST} says: it was changed or damaged. Train again.")


def _mb(size: int) -> int:
    return -(-size // (CHUNK))
