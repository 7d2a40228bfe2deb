"""Which of an endpoint's declared media types a request has."""

import re

from front_door.declared import Endpoint
from front_door.problems import UNSUPPORTED_CONTENT_TYPE, Problem, quoted
from front_door.request import Request

JSON = "application/json"
JSON_LINES = "application/jsonlines"
CSV = "text/csv"
CHECKED = (JSON, JSON_LINES, CSV)
"""Those whose bodies are read here; others are passed on as they are."""
ANY = "application/octet-stream"
# SageMaker's shape Header: ASCII, at most 1024 characters; what cannot travel in a header is refused here.
SENDABLE = re.compile(r"[!-~]([ -~]{0,1022}[!-~])?")


def sent_type(request: Request) -> str:
    """The Content-Type for the model: a checked body's without parameters, another's as it came."""
    media, header = request.content_type, request.headers.get("content-type", "").strip()
    return media if media in CHECKED else header if SENDABLE.fullmatch(header) else ANY


def wanted_type(request: Request) -> str:
    """The Accept for the model, as it came; any, if it cannot travel."""
    header = request.headers.get("accept", "").strip()
    return header if SENDABLE.fullmatch(header) else "*/*"


def declared_type(endpoint: Endpoint, media: str) -> str | None:
    """The declared type that `media` is of, `image/*` for image/png; None where the endpoint declares nothing.

    Raises Problem (415).
    """
    if endpoint.requests is None:
        return None
    found = media if media in endpoint.requests else f"{media.partition('/')[0]}/*"
    if found not in endpoint.requests:
        detail = f"The content type is {quoted(media)}. Send a Content-Type of: {', '.join(endpoint.requests)}."
        raise Problem(UNSUPPORTED_CONTENT_TYPE, detail)
    return found
