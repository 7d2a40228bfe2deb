"""Alarms whose state another part of the local cloud decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.hooks import internals

_cloudwatch = internals.module("services.cloudwatch")


def evaluate_elsewhere(is_theirs: Callable[[str], bool]) -> None:
    """Leave alarms with such names in the state that SetAlarmState gives them."""
    original = _cloudwatch._evaluate_alarm

    def evaluate(alarm: dict[str, Any]) -> None:
        if not is_theirs(alarm["AlarmName"]):
            original(alarm)

    _cloudwatch._evaluate_alarm = evaluate
