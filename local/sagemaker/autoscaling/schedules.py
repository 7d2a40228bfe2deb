"""When a scheduled action is due: at(...), rate(...) and cron(...), in the action's time zone.

Source: Application Auto Scaling API reference, PutScheduledAction, `Schedule` and `Timezone`.
"""

import datetime as dt
import re
import time
import zoneinfo
from typing import Any

from local.hooks import schedules
from local.sagemaker.errors import ApiError, validation

_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)s?\)")
_UNITS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}


def next_time(schedule: str, timezone: str | None, *, created: float, after: float) -> float | None:
    """Return the first moment after `after`, in epoch seconds like `created`, that the schedule names, if any.

    ValidationException for a schedule or a time zone that is none.
    """
    zone = _zone(timezone or "UTC")
    if at := _AT.fullmatch(schedule):
        moment = dt.datetime.fromisoformat(at[1]).replace(tzinfo=zone).timestamp()
        return moment if moment > after else None
    if rate := _RATE.fullmatch(schedule):
        interval = int(rate[1]) * _UNITS[rate[2]]
        return created + interval * (max(0.0, (after - created) // interval) + 1)
    try:
        found = schedules.next_cron(schedule, dt.datetime.fromtimestamp(after, zone))
    except ValueError as error:
        raise _unknown(schedule) from error
    return found.timestamp() if found else None


def check(schedule: str, timezone: str | None) -> None:
    """Raise ValidationException for a schedule or a time zone that is none, and for a cron that never comes."""
    now = time.time()
    # A moment of a single year may be further off than is looked.
    is_recurring = schedule.endswith(" *)")
    if next_time(schedule, timezone, created=now, after=now) is None and is_recurring:
        raise validation(
            f"Schedule {schedule} never comes. A range goes from the lower to the higher value: write 0-7,19-23 and "
            "SUN,MON,FRI,SAT, not 19-7 and FRI-MON; and a month must have the day."
        )


def is_active(action: Any, moment: float) -> bool:
    """Return whether a scheduled action's start and end time, if it has them, enclose the moment."""
    start, end = action.start_time, action.end_time
    return (start is None or float(start) <= moment) and (end is None or moment <= float(end))


def _zone(name: str) -> dt.tzinfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise validation(f"Timezone {name} is no time zone of the IANA database, such as Europe/London.") from error


def _unknown(schedule: str) -> ApiError:
    return validation(
        f"Schedule {schedule} is none of at(yyyy-mm-ddThh:mm:ss), rate(value unit) and cron(fields): give cron six "
        "fields, minutes, hours, day of month, month, day of week and year, with ? for one of the days."
    )
