"""One way for a job to fail: the message goes to stderr and to the files SageMaker reads its FailureReason from.

A training job's reason is read from `failure`, a processing job's from `message` (its ExitMessage), both in
/opt/ml/output; `SM_OUTPUT_DIR` names another folder. Expected errors (JobError) print no traceback.
"""

import argparse
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

MESSAGE_LIMIT = 1024  # SageMaker cuts FailureReason and ExitMessage here


class JobError(Exception):
    """An expected error; its message says what is wrong, where, and what to do about it."""


class Arguments(argparse.ArgumentParser):
    """Command line whose mistakes fail the job like any other, and which never guesses an abbreviated name."""

    def __init__(self, description: str | None) -> None:
        super().__init__(
            description=description, allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter
        )

    def error(self, message: str) -> NoReturn:
        fail(f"command line: {message}. See --help for what this script takes.")


def positive_int(text: str) -> int:
    """An argument's type; argparse names it in its message."""
    return int(_positive(float(int(text))))


def non_negative_int(text: str) -> int:
    """An argument's type; argparse names it in its message."""
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def folds_int(text: str) -> int:
    """An argument's type; argparse names it in its message."""
    number = int(text)
    if number < 0 or number == 1:
        raise ValueError
    return number


def positive_float(text: str) -> float:
    """An argument's type; argparse names it in its message."""
    return _positive(float(text))


def _positive(number: float) -> float:
    if not 0 < number < float("inf"):  # nor is NaN
        raise ValueError
    return number


def fail(message: str) -> NoReturn:
    raise JobError(message)


@contextmanager
def failures_reported() -> Iterator[None]:
    """Ends the process with exit code 1 and a readable reason if the block raises."""
    try:
        yield
    except JobError as error:
        message = " ".join(str(error).split())  # one line, whatever a value contained
        print(f"error: {message}", file=sys.stderr, flush=True)
        _record(message)
        sys.exit(1)
    except Exception as error:
        traceback.print_exc()
        _record(" ".join(f"{type(error).__name__}: {error}".split()))
        sys.exit(1)


def _record(message: str) -> None:
    folder = Path(os.environ.get("SM_OUTPUT_DIR", "/opt/ml/output"))
    text = message if len(message) <= MESSAGE_LIMIT else message[: MESSAGE_LIMIT - 1] + "…"
    # On a laptop /opt/ml cannot be written; stderr has the message already.
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("failure", "message"):
            (folder / name).write_text(text, encoding="utf-8", errors="replace")
