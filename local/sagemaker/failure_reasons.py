"""Why a job failed, in AWS's words, and what the data scientist can do about it."""

import re
from pathlib import Path

_LONGEST_REASON = 1024  # DescribeTrainingJob and its like, FailureReason
_ADVICE: tuple[tuple[str, str], ...] = (
    (
        r"ModuleNotFoundError|ImportError: No module",
        "The script's packages are those of its image; in the local cloud those of local/requirements.txt.",
    ),
    (
        r"MemoryError|exit code 137|Cannot allocate memory",
        "The process needed more memory than there is: take a larger instance type, or read the data in chunks.",
    ),
    (r"No space left on device", "The volume is full: raise VolumeSizeInGB, or write less."),
    (
        r"unrecognized arguments",
        "Every hyperparameter reaches the script as --name value: add the argument to its parser, or leave it out.",
    ),
    (r"arguments are required", "Give the missing argument as a hyperparameter of the job."),
    (
        r"AccessDenied|not authorized to perform|\(403\)",
        "Allow the job's role the action on this resource, and the use of its KMS key; see the role's permissions.",
    ),
    (r"NoSuchBucket", "The bucket of the job's input or output does not exist: correct the S3 URI."),
    (r"NoSuchKey|\(404\)", "The object does not exist: was it deleted, or did the step that makes it fail?"),
    (
        r"gaierror|Name or service not known|Temporary failure in name resolution",
        "Host names of other instances do not resolve in the local cloud: all are on this machine, at 127.0.0.1.",
    ),
    (r"No S3 objects found", "Upload the data first, or correct the S3 URI."),
    (r"UnicodeDecodeError", "A file is not UTF-8 text: convert it, or name its encoding in the script."),
    (r"CapacityError|InternalServerError", "Nothing is wrong with the job: start it again, or add a RetryPolicy."),
)


def of_process(status: int, message_file: Path, tail: str) -> str:
    """Return why a process failed: what it left in its message file, else its exit code and last lines.

    A negative status is the number of the signal that ended it, which a container reports as 128 and that number.
    """
    if message_file.is_file() and (message := message_file.read_text(errors="replace").strip()):
        return f"AlgorithmError: {message}"
    code = 128 - status if status < 0 else status
    return f"AlgorithmError: exit code {code}\n{tail}".strip()


def with_advice(reason: str) -> str:
    """Return a reason with what to do about it, if that is known, no longer than AWS's."""
    advice = next((text for pattern, text in _ADVICE if re.search(pattern, reason)), "")
    if not advice:
        return reason[:_LONGEST_REASON]
    room = _LONGEST_REASON - len(advice) - 1
    if len(reason) > room:
        # The kind of error is at the beginning of a reason, the error itself at the end.
        half = (room - 5) // 2
        reason = f"{reason[:half]} ... {reason[-half:]}"
    return f"{reason}\n{advice}"
