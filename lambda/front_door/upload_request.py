"""The body of `POST uploads`: `{"content_type": "text/csv", "bytes": 1048576}`, what the caller is about to upload."""

from __future__ import annotations

from dataclasses import dataclass

from front_door import strict_json
from front_door.declared import Endpoint
from front_door.media_types import SENDABLE, declared_type
from front_door.problems import BODY_TOO_LARGE, INVALID_BODY, Problem
from front_door.request import media_type

LARGEST_INPUT = 1024**3
"""Bytes; SageMaker's limit on an asynchronous request."""
EXAMPLE = '{"content_type": "text/csv", "bytes": 1048576}'


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """One upload: its media type and its exact size."""

    content_type: str
    bytes: int


def read(body: bytes, endpoint: Endpoint) -> UploadRequest:
    """Raises Problem: 400 for another body, 413 for an upload that is too large, 415 for what the model cannot read."""
    try:
        document = strict_json.loads_strangers(body)
    except strict_json.InvalidJsonError as error:
        raise _invalid("", f"The body is not valid JSON: {error}.") from None
    if not isinstance(document, dict) or document.keys() != {"content_type", "bytes"}:
        raise _invalid("", "The body must be an object with `content_type` and `bytes`, and nothing else.")
    content_type, size = document["content_type"], document["bytes"]
    if not isinstance(content_type, str) or not SENDABLE.fullmatch(content_type):
        raise _invalid("/content_type", "`content_type` must be a media type.")
    declared = declared_type(endpoint, media_type(content_type))
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise _invalid("/bytes", "`bytes` must be the number of bytes, at least 1.")
    most = LARGEST_INPUT
    if endpoint.requests is not None and declared is not None:
        most = min(most, endpoint.requests[declared].get("max_bytes", LARGEST_INPUT))
    if size > most:
        detail = f"The upload has {size} bytes; the limit is {most}. Upload it in parts, each for a job."
        raise Problem(BODY_TOO_LARGE, detail, pointer="/bytes")
    return UploadRequest(content_type, size)


def _invalid(pointer: str, fault: str) -> Problem:
    return Problem(INVALID_BODY, f"{fault} Send {EXAMPLE}.", pointer=pointer)
