"""CloudTrail: which calls it has no event of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.hooks import internals

_app = internals.module("app")


def leave_out_of_trail(service: str, is_data_event: Callable[[str], bool]) -> None:
    """Record no call of `service` whose path is that of a data event, which a trail has only if it asks for it."""
    original = _app._maybe_record_cloudtrail

    def record(called: str, method: str, path: str, *rest: Any) -> None:
        if called != service or not is_data_event(path):
            original(called, method, path, *rest)

    _app._maybe_record_cloudtrail = record
