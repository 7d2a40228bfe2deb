"""Every route of the API: the gateway's resources and the document's paths are made from this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Route:
    """`asynchronous`: whether it serves endpoints of that mode only, or of the others only; None: it is of no endpoint.

    `query`: the names of its parameters.
    """

    method: Literal["GET", "POST"]
    path: str
    summary: str
    asynchronous: bool | None = None
    query: tuple[str, ...] = ()


ROUTES = (
    Route("POST", "/endpoints/{endpoint}/predictions", "Predict", asynchronous=False),
    Route("POST", "/endpoints/{endpoint}/uploads", "Get a link to upload a large request", asynchronous=True),
    Route("POST", "/endpoints/{endpoint}/jobs", "Start a job", asynchronous=True, query=("upload",)),
    Route("GET", "/jobs/{id}", "See a job, and fetch its result"),
    Route("GET", "/endpoints", "List the endpoints that you may call"),
    Route("GET", "/health", "See whether the API answers"),
    Route("GET", "/openapi.json", "Read this document"),
)
