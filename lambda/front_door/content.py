"""Holds a request's body to what its endpoint's model declares."""

from front_door.declared import Endpoint
from front_door.instances import Count, counter
from front_door.media_types import declared_type
from front_door.request import Request

_counters: dict[tuple[str, str], Count] = {}
"""(public name, declared media type) -> its check, made with the first request of it."""


def checked(request: Request, endpoint: Endpoint, body: bytes) -> int | None:
    """The number of instances in `body`; None where it is bytes that nobody here reads.

    Raises Problem: 415 for a media type that is not declared, 400 and 413 for a body that is not as declared.
    """
    media = declared_type(endpoint, request.content_type)
    if media is None or endpoint.requests is None:
        return None
    key = (endpoint.public, media)
    if key not in _counters:
        _counters[key] = counter(media, endpoint.requests[media])
    return _counters[key](body)
