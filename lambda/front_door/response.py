"""What goes back to the caller, and how API Gateway's Lambda proxy wants it."""

import json
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from front_door.media_types import JSON, JSON_LINES

TEXTS = (JSON, JSON_LINES, "application/x-ndjson", "application/xml")
# Lambda's limit on an answer is 6 MB, and the body is one string of its JSON.
LONGEST_BODY = 6 * 1024 * 1024 - 16 * 1024


class AnswerTooLongError(Exception):
    """Lambda would refuse it."""


@dataclass(frozen=True, slots=True)
class Response:
    """Status, body and headers, without those that every answer has."""

    status: int
    body: str | bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, status: int, document: Any, headers: Mapping[str, str] | None = None) -> "Response":
        """A JSON document."""
        return cls(status, json.dumps(document), JSON, headers or {})

    @classmethod
    def passed_on(cls, body: bytes, content_type: str, headers: Mapping[str, str]) -> "Response":
        """A model's own answer. Text travels as text: the gateway unpacks base64 only for who accepts bytes."""
        media = content_type.partition(";")[0].strip().lower()
        if media.startswith("text/") or media in TEXTS or media.endswith("+json"):
            with suppress(UnicodeDecodeError):
                return cls(200, body.decode(), content_type, headers)
        return cls(200, body, content_type, headers)

    def for_gateway(self, request_id: str) -> dict[str, Any]:
        """The proxy's answer. Bytes travel in base64. Raises AnswerTooLongError."""
        is_bytes = isinstance(self.body, bytes)
        body = b64encode(self.body).decode() if isinstance(self.body, bytes) else self.body
        # Quotation marks and what is not ASCII grow when Lambda writes the answer: measured only where it may matter.
        if len(body) > LONGEST_BODY or (len(body) > LONGEST_BODY // 6 and len(json.dumps(body)) > LONGEST_BODY):
            raise AnswerTooLongError
        return {
            "statusCode": self.status,
            "headers": {
                "Content-Type": self.content_type,
                "X-Request-Id": request_id,
                # An answer is data, whatever a model calls it.
                "X-Content-Type-Options": "nosniff",
                **self.headers,
            },
            "body": body,
            "isBase64Encoded": is_bytes,
        }
