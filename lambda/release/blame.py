"""Whose fault it was that a roll-out was undone: a package's, or that of something beside it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

# What SageMaker says of a container that does not start. Everything else that goes wrong (a quota, capacity, a
# permission, a time-out, an alarm of somebody else's) is not the model's fault.
_FAULTS_OF_A_PACKAGE = ("ping health check", "failed to start", "extract model data")
# What the alarms of a roll-out watch. One of all variants, where there are too many for alarms of their own, has
# no more in its name.
_WATCHED = ("5xx", "model-errors", "latency")


@dataclass(frozen=True)
class Alarm:
    """A roll-out's alarm that was in ALARM. `watches` is its name after the configuration's: `<variant>-<metric>`."""

    name: str
    watches: str
    reason: str

    @property
    def variant(self) -> str | None:
        """The variant that it watches; None for all of them. A variant's name has no hyphen."""
        return None if self.watches in _WATCHED else self.watches.partition("-")[0]


def ends_a_roll_out(watches: str) -> bool:
    """Whether an alarm of this name, after the configuration's, is a roll-out's: scaling has alarms too."""
    return watches.endswith(_WATCHED)


class Attempt(Protocol):
    """What is known of an attempt that was undone."""

    @property
    def failed(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def live(self) -> bool: ...
    @property
    def alarms(self) -> tuple[Alarm, ...]: ...
    @property
    def early(self) -> tuple[Alarm, ...]: ...


def fault_of_a_package(attempt: Attempt) -> bool:
    """The endpoint went back for what its containers did.

    By an alarm of the attempted configuration, which sees its own instances only and nothing of the old ones. Or the
    first of them did not start. SageMaker says nothing at all when it goes back for an alarm: without a failure that
    is taken for one, unless the alarm had been there before.
    """
    if attempt.alarms:
        return True
    if not attempt.live:
        return not attempt.early
    reason = attempt.reason.lower()
    return attempt.failed == "AWS::SageMaker::Endpoint" and any(words in reason for words in _FAULTS_OF_A_PACKAGE)


def variants_at_fault(attempt: Attempt, released: Collection[str]) -> set[str]:
    """The variants that alarms or SageMaker's reason name; empty where nothing names one.

    A name may be that of a variant whose package is fixed: only after `production variant` is any word taken for one.
    """
    if attempt.alarms:
        return {alarm.variant for alarm in attempt.alarms if alarm.variant}
    after_variant = set(re.findall(r"\bvariant (\w+)", attempt.reason)) & set(released)
    return after_variant | set(re.findall(r"\bproduction variant (\w+)", attempt.reason))
