"""Every problem that the API answers with (RFC 9457), the function's and the gateway's own, under the same names."""

from __future__ import annotations

from dataclasses import dataclass

TYPE = "urn:problem-type:ashlar:"


@dataclass(frozen=True)
class ProblemKind:
    """Its HTTP status, title, and seconds until a retry is sensible."""

    status: int
    title: str
    retry_after: int | None = None


# The last part of a problem's `type` -> what it is.
PROBLEMS = {
    "invalid-request": ProblemKind(400, "The request is not valid"),
    "invalid-body": ProblemKind(400, "The request body is not valid"),
    "unauthenticated": ProblemKind(401, "The request does not say who you are"),
    "forbidden": ProblemKind(403, "You may not do this"),
    "blocked": ProblemKind(403, "The request was blocked"),
    "not-granted": ProblemKind(403, "You may not call this endpoint"),
    "variant-not-allowed": ProblemKind(403, "You may not choose a variant"),
    "unknown-route": ProblemKind(404, "There is no such route"),
    "unknown-endpoint": ProblemKind(404, "There is no such endpoint"),
    "unknown-variant": ProblemKind(404, "There is no such variant"),
    "unknown-job": ProblemKind(404, "There is no such job"),
    "unknown-upload": ProblemKind(404, "There is no such upload"),
    "no-model-yet": ProblemKind(409, "The endpoint has no model yet"),
    "asynchronous-endpoint": ProblemKind(409, "The endpoint answers by jobs"),
    "not-asynchronous": ProblemKind(409, "The endpoint takes no jobs"),
    "job-in-progress": ProblemKind(409, "A request with this key is being handled", retry_after=2),
    "body-too-large": ProblemKind(413, "The request body is too large"),
    "unsupported-content-type": ProblemKind(415, "The content type is not supported"),
    "unsupported-content-encoding": ProblemKind(415, "The content encoding is not supported"),
    "idempotency-mismatch": ProblemKind(422, "The key was used for another request"),
    "throttled": ProblemKind(429, "Too many requests", retry_after=1),
    "quota-exceeded": ProblemKind(429, "The quota is used up", retry_after=3600),
    "internal": ProblemKind(500, "Something unforeseen went wrong"),
    "model-failed": ProblemKind(502, "The model could not answer"),
    "answer-too-large": ProblemKind(502, "The model's answer is too large"),
    "unavailable": ProblemKind(503, "The endpoint cannot take the request now", retry_after=5),
    "deadline-passed": ProblemKind(504, "The model did not answer in time"),
}
