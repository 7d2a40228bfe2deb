"""One request, read from API Gateway's Lambda proxy event (REST API, payload version 1.0)."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from front_door.caller import Caller
from front_door.declared import Declared, Endpoint
from front_door.log import RequestLine
from front_door.problems import BODY_TOO_LARGE, INVALID_BODY, UNSUPPORTED_CONTENT_ENCODING, Problem, quoted

BODY_LIMIT = 6 * 1024 * 1024
"""Bytes; botocore's shape BodyBlob of sagemaker-runtime."""
SENT_LIMIT = 4_500_000
"""Bytes as they are sent: Lambda's own limit is 6,291,556 for an event that has them in base64, and headers beside."""

FEWER = "Send fewer instances a request."


@dataclass(frozen=True, slots=True)
class Request:
    """What a handler needs to know of a request. `deadline` is in seconds of time.monotonic()."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By name in lower case; of several of one name the gateway hands over the last."""
    caller: Caller
    request_id: str
    deadline: float
    line: RequestLine
    event_body: str
    is_base64: bool

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters; "" if none is given."""
        return media_type(self.headers.get("content-type", ""))

    def endpoint(self, declared: Declared) -> Endpoint:
        """The endpoint in the path. Raises Problem: 404 where there is none, 403 without the grant."""
        public = self.path.get("endpoint", "")
        if public in declared.endpoints:
            self.line.endpoint = public
        return self.caller.endpoint(declared, public)

    def body(self, limit: int = BODY_LIMIT, *, advice: str = FEWER) -> bytes:
        """As the caller meant it: base64 and gzip undone. Raises Problem: 400, 413 above `limit` bytes, 415.

        `advice`: what to do with a body that is too large.
        """
        body = self._decoded()
        if len(body) > SENT_LIMIT:
            raise too_large(f"{len(body)} bytes as it was sent", SENT_LIMIT, advice)
        encoding = self.headers.get("content-encoding", "").strip().lower()
        if encoding == "gzip":
            from front_door.unpacking import unpacked  # here: most requests need no zlib

            return unpacked(body, limit, advice)
        if encoding not in ("", "identity"):
            detail = f"The content encoding is {quoted(encoding)}. Send the body as it is, or Content-Encoding: gzip."
            raise Problem(UNSUPPORTED_CONTENT_ENCODING, detail, headers={"Accept-Encoding": "gzip, identity"})
        if len(body) > limit:
            raise too_large(f"{len(body)} bytes", limit, advice)
        return body

    def _decoded(self) -> bytes:
        try:
            return base64.b64decode(self.event_body, validate=True) if self.is_base64 else self.event_body.encode()
        except ValueError:  # not base64, not ASCII, or half of a surrogate pair
            raise Problem(INVALID_BODY, "The body cannot be decoded. Send text in UTF-8.", pointer="") from None


def media_type(header: str) -> str:
    """Of a Content-Type: in lower case, without parameters; "" of none."""
    return header.partition(";")[0].strip().lower()


def too_large(size: str, limit: int, advice: str = FEWER) -> Problem:
    """413; `size` is what is known of the body, in words."""
    return Problem(BODY_TOO_LARGE, f"The body has {size}; the limit is {limit}. {advice}")


def request_of(
    event: Mapping[str, Any], *, caller: Caller, request_id: str, deadline: float, line: RequestLine
) -> Request:
    """HTTP/2 clients send header names in lower case, others as they like."""
    return Request(
        path=event.get("pathParameters") or {},
        query=event.get("queryStringParameters") or {},
        headers={name.lower(): str(value) for name, value in (event.get("headers") or {}).items()},
        caller=caller,
        request_id=request_id,
        deadline=deadline,
        line=line,
        event_body=event.get("body") or "",
        is_base64=bool(event.get("isBase64Encoded")),
    )
