"""A document as the bytes that travel with the function."""

from __future__ import annotations

import json
from typing import Any


def as_bytes(document: Any) -> bytes:
    """JSON, with sorted keys and no spaces: equal documents give equal bytes. Raises ValueError for what is no JSON."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
