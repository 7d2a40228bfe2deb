"""Cron expressions of AWS, read as MiniStack's EventBridge reads them."""

from __future__ import annotations

import datetime as dt

from local.hooks import internals

_eventbridge = internals.module("services.eventbridge")


def next_cron(expression: str, after: dt.datetime) -> dt.datetime | None:
    """The first moment after `after`, on its time zone's clock, that `cron(...)` names; None where none is near.

    ValueError for an expression that is none.
    """
    fields = _eventbridge._parse_cron_fields(expression)
    if fields is None:
        raise ValueError(f"{expression} is no cron expression: cron(Minutes Hours Day-of-month Month Day-of-week Year)")
    found: dt.datetime | None = _eventbridge._cron_next_fire(fields, after)
    return found
