"""InvokeEndpointAsync: what a caller asks for, and where the answer will be.

Source: API reference of the runtime, InvokeEndpointAsync; botocore's model has the same limits.
"""

import datetime as dt
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.sagemaker.errors import ApiError
from local.sagemaker.state import now

Record = dict[str, Any]
_PREFIX = "x-amzn-sagemaker-"
_LARGEST_BODY = 128_000
_ID = re.compile(r"\S[ -~]{0,63}")
_UNSUPPORTED = ("s3outputpathextension", "filename")
# Header -> default, least and most seconds.
_TTL = ("requestttlseconds", 21_600, 60, 21_600)
_TIMEOUT = ("invocationtimeoutseconds", 900, 1, 3_600)


@dataclass(frozen=True)
class AsyncRequest:
    """One queued request. The input is in S3 or came with the call; `headers` are what the container gets."""

    id: str
    headers: Mapping[str, str]
    input_location: str | None
    body: bytes
    output_location: str | None
    failure_location: str | None
    ttl_seconds: int
    timeout_seconds: int
    received: dt.datetime = field(default_factory=now)
    queued: float = field(default_factory=time.monotonic)


def read(headers: Mapping[str, str], body: bytes, config: Record) -> AsyncRequest:
    """Return the request that the headers describe, for an endpoint with this AsyncInferenceConfig."""
    given = {name.removeprefix(_PREFIX): value for name, value in headers.items() if name.startswith(_PREFIX)}
    for name in _UNSUPPORTED:
        if name in given:
            raise _refused(f"{_PREFIX}{name} is not supported by the local cloud. Leave it out.")
    location = given.get("inputlocation")
    if bool(location) == bool(body):
        raise _refused("Give either InputLocation or Body.")
    if location and not location.startswith("s3://"):
        raise _refused(f"InputLocation {location} must be an s3:// URL.")
    if len(body) > _LARGEST_BODY:
        raise _refused(f"The body of {len(body)} bytes exceeds the limit of {_LARGEST_BODY}.")
    identifier, name = given.get("inference-id") or str(uuid.uuid4()), str(uuid.uuid4())
    if not _ID.fullmatch(identifier):
        raise _refused(f"InferenceId {identifier[:100]!r} must be 1 to 64 printable characters.")
    output = config["OutputConfig"]
    return AsyncRequest(
        id=identifier,
        headers=_passed_on(given),
        input_location=location,
        body=body,
        output_location=_place(output.get("S3OutputPath"), f"{name}.out"),
        failure_location=_place(output.get("S3FailurePath"), f"{name}-error.out"),
        ttl_seconds=_seconds(given, *_TTL),
        timeout_seconds=_seconds(given, *_TIMEOUT),
    )


def _passed_on(given: Mapping[str, str]) -> dict[str, str]:
    passed = {name: given[name] for name in ("content-type", "accept") if given.get(name)}
    attributes = given.get("custom-attributes")
    return {**passed, f"{_PREFIX}custom-attributes": attributes} if attributes else passed


def _place(path: str | None, name: str) -> str | None:
    return f"{path.rstrip('/')}/{name}" if path else None


def _seconds(given: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = given.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise _refused(f"{_PREFIX}{name} {text!r} must be a number from {least} to {most}.")
    return int(text)


def _refused(message: str) -> ApiError:
    return ApiError("ValidationError", message)
