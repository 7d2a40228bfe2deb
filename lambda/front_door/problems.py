"""What the API answers when it cannot predict: RFC 9457 problem details, one Kind for each cause.

A problem says what was wrong and what to do, to a stranger: no ARN, no stack trace, nothing of the
model's own message, and of the caller's input no more than a short quotation.
"""

from dataclasses import dataclass

QUOTED_CHARACTERS = 64
MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One cause: its HTTP status, the last part of its `type`, its title, and seconds until a retry is sensible."""

    status: int
    name: str
    title: str
    retry_after: int | None = None


INVALID_REQUEST = Kind(400, "invalid-request", "The request is not valid")
INVALID_BODY = Kind(400, "invalid-body", "The request body is not valid")
NOT_GRANTED = Kind(403, "not-granted", "You may not call this endpoint")
VARIANT_NOT_ALLOWED = Kind(403, "variant-not-allowed", "You may not choose a variant")
UNKNOWN_ROUTE = Kind(404, "unknown-route", "There is no such route")
UNKNOWN_ENDPOINT = Kind(404, "unknown-endpoint", "There is no such endpoint")
UNKNOWN_VARIANT = Kind(404, "unknown-variant", "There is no such variant")
UNKNOWN_JOB = Kind(404, "unknown-job", "There is no such job")
UNKNOWN_UPLOAD = Kind(404, "unknown-upload", "There is no such upload")
NO_MODEL_YET = Kind(409, "no-model-yet", "The endpoint has no model yet")
ASYNCHRONOUS_ENDPOINT = Kind(409, "asynchronous-endpoint", "The endpoint answers by jobs")
NOT_ASYNCHRONOUS = Kind(409, "not-asynchronous", "The endpoint takes no jobs")
JOB_IN_PROGRESS = Kind(409, "job-in-progress", "A request with this key is being handled", retry_after=2)
BODY_TOO_LARGE = Kind(413, "body-too-large", "The request body is too large")
UNSUPPORTED_CONTENT_TYPE = Kind(415, "unsupported-content-type", "The content type is not supported")
UNSUPPORTED_CONTENT_ENCODING = Kind(415, "unsupported-content-encoding", "The content encoding is not supported")
IDEMPOTENCY_MISMATCH = Kind(422, "idempotency-mismatch", "The key was used for another request")
THROTTLED = Kind(429, "throttled", "Too many requests", retry_after=1)
INTERNAL = Kind(500, "internal", "Something unforeseen went wrong")
MODEL_FAILED = Kind(502, "model-failed", "The model could not answer")
ANSWER_TOO_LARGE = Kind(502, "answer-too-large", "The model's answer is too large")
UNAVAILABLE = Kind(503, "unavailable", "The endpoint cannot take the request now", retry_after=5)
DEADLINE_PASSED = Kind(504, "deadline-passed", "The model did not answer in time")


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """A request that ends without a prediction. `pointer` is the JSON pointer (RFC 6901) of what was wrong."""

    def __init__(
        self, kind: Kind, detail: str, *, pointer: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(f"{kind.status} {kind.name}: {detail}")
        self.kind = kind
        self.detail = detail
        self.pointer = pointer
        self.headers = headers or {}

    def document(self, request_id: str) -> dict[str, object]:
        """The application/problem+json document."""
        document: dict[str, object] = {
            "type": f"urn:problem-type:ashlar:{self.kind.name}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "request_id": request_id,
        }
        if self.pointer is not None:
            document["pointer"] = self.pointer
        return document


def quoted(text: str) -> str:
    """The caller's own words, short enough to repeat: a problem must not grow with a hostile input."""
    return repr(text if len(text) <= QUOTED_CHARACTERS else f"{text[:QUOTED_CHARACTERS]}…")
