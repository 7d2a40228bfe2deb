"""Faults on purpose: errors that an API answers, failures of jobs and interruptions of spot instances, by command.

The command line leaves files in the state directory and the server takes them away, so neither needs the other to be
anything but there. Standard library only: the command line uses it before anything is installed.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

# What AWS calls them: the first two and the last are answers of an API, the others the beginning of a FailureReason.
CODES = ("ThrottlingException", "InternalFailure", "InternalServerError", "CapacityError", "ResourceLimitExceeded")
JOBS = ("training-job", "processing-job", "transform-job")
_OPERATION = re.compile(r"[A-Z][A-Za-z]+")
_FAULTS = "faults"
_SPOT = "spot"


@dataclass(frozen=True)
class Fault:
    """One failure to come: an error code, and the message with it."""

    code: str
    message: str


def add(state: Path, where: str, fault: Fault, times: int) -> None:
    """Let the next `times` calls of an operation, or jobs of a kind, fail; ValueError for what cannot fail so."""
    if where not in JOBS and not _OPERATION.fullmatch(where):
        raise ValueError(f"{where!r} is neither an operation, such as CreateTrainingJob, nor one of {', '.join(JOBS)}.")
    if fault.code not in CODES:
        raise ValueError(f"{fault.code!r} is not one of {', '.join(CODES)}.")
    if times < 1:
        raise ValueError(f"--times {times}: give 1 or more.")
    folder = state / _FAULTS / where
    folder.mkdir(parents=True, exist_ok=True)
    for _ in range(times):
        unfinished = folder / f".{uuid.uuid4().hex}"
        unfinished.write_text(json.dumps(asdict(fault)))
        unfinished.rename(folder / unfinished.name.removeprefix("."))


def take(state: Path, where: str) -> Fault | None:
    """Return a fault that was meant for an operation or kind of job, once."""
    folder = state / _FAULTS / where
    for path in sorted(folder.glob("[!.]*")):
        try:
            fault = Fault(**json.loads(path.read_text()))
            path.unlink()
        except FileNotFoundError:  # somebody else took it
            continue
        return fault
    return None


class SpotInstance:
    """The instance of a running spot job, which can be interrupted for as long as it is listed."""

    def __init__(self, state: Path, job: str) -> None:
        self._path = state / _SPOT / job
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text("")

    def is_interrupted(self) -> bool:
        """Return whether somebody wants the instance back."""
        try:
            return self._path.stat().st_size > 0
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """The instance is no longer there."""
        self._path.unlink(missing_ok=True)


def interruptible(state: Path) -> list[str]:
    """Return the names of the training jobs that run on spot instances now."""
    folder = state / _SPOT
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def interrupt(state: Path, job: str) -> bool:
    """Take a job's spot instance away; False where it has none now."""
    if job not in interruptible(state):
        return False
    with (state / _SPOT / job).open("r+") as file:
        file.write("interrupted")
    return True
