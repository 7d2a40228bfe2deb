"""From when on answers are compared."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from ops import live
from ops.release.history import history
from ops.release.registry import Registry
from ops.session import Environment, OpsError

_AGO = re.compile(r"([1-9][0-9]{0,4})([hd])")


def moment_of(text: str, now: datetime) -> datetime:
    """`36h`, `7d`, or a time such as 2026-03-01T12:00; without an offset it is in UTC."""
    ago = _AGO.fullmatch(text)
    if ago:
        return now - int(ago[1]) * timedelta(**{"h": {"hours": 1}, "d": {"days": 1}}[ago[2]])
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise OpsError(f"--since {text!r} is no time. Write 36h, 7d, or 2026-03-01T12:00 (UTC).") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def since_release(environment: Environment, endpoint: str) -> datetime:
    """The end of the last roll-out that held: from then on the variants are what they are now."""
    described = live.describe(environment, endpoint)
    if not described:
        raise OpsError(f"{endpoint} does not exist yet: it appears with the first release.")
    rollouts = history(environment, endpoint, Registry(environment, endpoint))
    ended = [its.ended for its in rollouts if its.ended and its.result == "completed"]
    if ended:
        return ended[0]
    # CloudFormation forgets after 90 days, the configuration does not.
    created: datetime = live.configuration(environment, described)["CreationTime"]
    return created
