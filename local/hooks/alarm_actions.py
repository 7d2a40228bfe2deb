"""What alarms ask of services of our own: MiniStack keeps their actions, and carries out those of SNS alone."""

from __future__ import annotations

from typing import Any

from local.hooks import internals
from local.hooks.events import ask_event_loop

Alarm = dict[str, Any]
_cloudwatch = internals.module("services.cloudwatch")


def alarms_asking_for(action: str) -> list[Alarm]:
    """The alarms in state ALARM that have `action`, an ARN, among their alarm actions; not from the event loop."""

    def found() -> list[Alarm]:
        alarms = [*_cloudwatch._alarms.values(), *_cloudwatch._composite_alarms.values()]
        return [
            dict(alarm)
            for alarm in alarms
            if alarm["StateValue"] == "ALARM"
            and alarm.get("ActionsEnabled", True)
            and action in (alarm.get("AlarmActions") or [])
        ]

    return ask_event_loop(found)
