"""Reads API Gateway's Lambda proxy event (REST API, payload version 1.0): which endpoint, and the body's bytes."""

import base64
from collections.abc import Mapping
from typing import Any

from front_door.problems import (
    BODY_TOO_LARGE,
    INVALID_BODY,
    UNKNOWN_ENDPOINT,
    UNKNOWN_ROUTE,
    UNSUPPORTED_CONTENT_TYPE,
    Problem,
    quoted,
)

ROUTE = ("POST", "/endpoints/{endpoint}/predictions")
# botocore's shape BodyBlob of sagemaker-runtime. Lambda's limit on the whole event is the same number, so the
# gateway refuses some bodies just below it before this function sees them.
BODY_LIMIT = 6 * 1024 * 1024


def endpoint_of(event: Mapping[str, Any], endpoints: Mapping[str, str]) -> str:
    """The public name of a known endpoint. Raises Problem: 404 for another route or an unknown endpoint."""
    if (event.get("httpMethod"), event.get("resource")) != ROUTE:
        raise Problem(UNKNOWN_ROUTE, f"Send {' '.join(ROUTE)}.")
    endpoint = (event.get("pathParameters") or {}).get("endpoint") or ""
    if endpoint not in endpoints:
        raise Problem(
            UNKNOWN_ENDPOINT,
            f"{quoted(endpoint)} is not an endpoint of this API. Correct the name in the path.",
        )
    return str(endpoint)


def json_body(event: Mapping[str, Any]) -> bytes:
    """The body as the caller sent it. Raises Problem: 415 not JSON by its header, 413 too large, 400 not decodable."""
    content_type = _header(event, "content-type")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Problem(
            UNSUPPORTED_CONTENT_TYPE,
            f"The content type is {quoted(content_type)}. Send Content-Type: application/json.",
        )
    text = event.get("body") or ""
    try:
        body = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except ValueError:  # not base64, not ASCII, or half of a surrogate pair
        raise Problem(INVALID_BODY, "The body cannot be decoded. Send JSON in UTF-8.", pointer="") from None
    if len(body) > BODY_LIMIT:
        raise Problem(
            BODY_TOO_LARGE,
            f"The body has {len(body)} bytes; the limit is {BODY_LIMIT}. Send fewer instances a request.",
        )
    return body


def _header(event: Mapping[str, Any], name: str) -> str:
    """A header's value, "" if absent. HTTP/2 clients send lower-case names, others as they like."""
    headers = event.get("headers") or {}
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")
