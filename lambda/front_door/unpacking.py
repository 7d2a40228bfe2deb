"""A body with `Content-Encoding: gzip` (RFC 1952), unpacked no further than a limit: a small one can hold gigabytes."""

import zlib

from front_door.problems import INVALID_BODY, Problem
from front_door.request import too_large

GZIP = 31
"""zlib's window bits for a gzip header and trailer."""


def unpacked(body: bytes, limit: int, advice: str) -> bytes:
    """Raises Problem: 400 if it is not one whole gzip stream, 413 with `advice` above `limit` bytes."""
    stream = zlib.decompressobj(wbits=GZIP)
    try:
        content = stream.decompress(body, limit + 1)
    except zlib.error:
        raise _broken("is not gzip, though Content-Encoding says so") from None
    if len(content) > limit:
        raise too_large(f"more than {limit} bytes when it is unpacked", limit, advice)
    if not stream.eof:
        raise _broken("is a gzip stream that ends too early")
    if stream.unused_data:
        raise _broken("has bytes after its gzip stream")
    return content


def _broken(fault: str) -> Problem:
    return Problem(INVALID_BODY, f"The body {fault}. Send one whole gzip stream, or the body as it is.", pointer="")
