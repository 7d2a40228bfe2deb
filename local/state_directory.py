"""The state directory: what makes it ours, who may change it, and how it goes. Standard library only.

A path from the command line may be anything, a project with its sources too. So a directory is the local cloud's only
with the marker that `claim` puts into an empty one, and nothing without it is changed or removed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MARKER = ".ashlar-local-cloud"
_RECORD = "server.json"
_JOBS = "sagemaker"
_ELSEWHERE = "ashlar-local-"
_PLAIN_PATH = re.compile(r"[\w./-]+")


class StateDirectoryError(Exception):
    """A directory that is not the local cloud's, or that it cannot use; `str()` says what to do."""


def is_ours(state: Path) -> bool:
    """Whether the local cloud made this directory."""
    return (state / MARKER).is_file()


def require_ours_or_empty(state: Path) -> None:
    """Refuse a directory that holds what somebody else put there."""
    if is_ours(state) or not state.exists() or (state.is_dir() and not any(state.iterdir())):
        return
    raise StateDirectoryError(
        f"{state} is not empty and was not made by the local cloud, which would remove it with all its content. Choose "
        "another state directory: --state, or ASHLAR_LOCAL_STATE."
    )


def claim(state: Path) -> None:
    """Make the directory ours: new, or empty until now, with mode 0700, and a place for job folders."""
    require_ours_or_empty(state)
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        (state / MARKER).touch()
        state.chmod(0o700)
        (state / "tmp").mkdir(exist_ok=True)
        _make_job_root(state)
    except OSError as error:
        raise StateDirectoryError(f"{state} cannot be the state directory: {error}") from error


def _make_job_root(state: Path) -> None:
    """Commands are shell text: a space in a job folder's path would split what is one word in a container.

    So job folders of a state directory with such a path are elsewhere, and a link in the state says where.
    """
    root = state / _JOBS
    if root.is_dir():
        return
    root.unlink(missing_ok=True)
    if _PLAIN_PATH.fullmatch(str(root)):
        root.mkdir()
        return
    temporary = tempfile.gettempdir()
    parent = temporary if _PLAIN_PATH.fullmatch(temporary) else Path("/", "tmp")
    root.symlink_to(tempfile.mkdtemp(prefix=_ELSEWHERE, dir=parent))


def job_root(state: Path) -> Path:
    """Where the folders of jobs and models are: a path without spaces."""
    return (state / _JOBS).resolve()


@contextlib.contextmanager
def exclusive(state: Path) -> Iterator[None]:
    """Let one start or stop at a time run on this directory; the others wait for it.

    The lock is on the parent, which outlives the state and needs no file of its own; the system drops it with us.
    """
    try:
        state.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(state.parent, os.O_RDONLY)
    except OSError as error:
        raise StateDirectoryError(f"{state} cannot be the state directory: {error}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def read_record(state: Path) -> dict[str, Any] | None:
    """The record of the server that uses this directory; None where there is none."""
    try:
        record = json.loads((state / _RECORD).read_text())
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def write_record(state: Path, record: dict[str, Any]) -> None:
    """Record the server, at once and whole: nobody reads half a record."""
    unfinished = state / f"{_RECORD}.new"
    unfinished.write_text(json.dumps(record))
    unfinished.replace(state / _RECORD)


def drop_record(state: Path) -> None:
    """Forget the server; the rest of the state stays."""
    (state / _RECORD).unlink(missing_ok=True)


def remove(state: Path) -> None:
    """Remove the directory with all its content, if it is ours. The marker goes last: what is left stays ours."""
    if not is_ours(state):
        return
    remove_job_root(job_root(state), state)
    for entry in state.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        elif entry.name != MARKER:
            entry.unlink(missing_ok=True)
    if [entry.name for entry in state.iterdir()] == [MARKER]:
        (state / MARKER).unlink()
        with contextlib.suppress(OSError):
            state.rmdir()


def remove_job_root(root: Path, state: Path) -> None:
    """Remove job folders that are outside the state."""
    if not root.is_relative_to(state) and root.name.startswith(_ELSEWHERE):
        shutil.rmtree(root, ignore_errors=True)
