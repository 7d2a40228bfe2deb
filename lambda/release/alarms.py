"""Which alarms of an attempted configuration were in ALARM, and since when.

They carry the configuration's name and watch its instances alone. After a rollback CloudFormation has deleted them, but
CloudWatch keeps a deleted alarm's history.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from typing import Any

from release.blame import Alarm, ends_a_roll_out
from release.operation import Operation

Tripped = tuple[tuple[Alarm, ...], tuple[Alarm, ...]]


def tripped(cloudwatch: Any, operation: Operation) -> Tripped:
    """(those that went into ALARM while the endpoint was updated, those that had been in ALARM before).

    `cloudwatch`: boto3's client.
    """
    # CloudFormation gives the name in the case that it made, in the alarms' names, and lower-case in the ARN.
    prefix = f"{operation.configuration}-"
    names = [
        name
        for name in operation.alarms
        if operation.configuration and name.lower().startswith(prefix) and ends_a_roll_out(name[len(prefix) :])
    ]
    if not names:
        return (), ()
    found = _now(cloudwatch, names) or _before(cloudwatch, names)
    # CloudWatch may give whole seconds, CloudFormation gives fractions.
    began = operation.began.replace(microsecond=0) if operation.began else None
    alarms: list[Alarm] = []
    early: list[Alarm] = []
    for name, since, reason in found:
        alarm = Alarm(name, name[len(prefix) :], reason)
        is_early = began is None or since < began
        (early if is_early else alarms).append(alarm)
    return tuple(alarms), tuple(early)


def _now(cloudwatch: Any, names: Sequence[str]) -> list[tuple[str, datetime.datetime, str]]:
    """Those that are in ALARM now."""
    found = cloudwatch.describe_alarms(AlarmNames=list(names), AlarmTypes=["MetricAlarm"], StateValue="ALARM")
    return [
        (
            alarm["AlarmName"],
            alarm.get("StateTransitionedTimestamp", alarm["StateUpdatedTimestamp"]),
            alarm.get("StateReason", "no reason given"),
        )
        for alarm in found["MetricAlarms"]
    ]


def _before(cloudwatch: Any, names: Sequence[str]) -> list[tuple[str, datetime.datetime, str]]:
    """Those that have ever been in ALARM, by their first time: no other configuration has alarms of these names."""
    found = []
    for name in names:
        history = cloudwatch.describe_alarm_history(
            AlarmName=name, HistoryItemType="StateUpdate", ScanBy="TimestampAscending"
        )
        for item in history["AlarmHistoryItems"]:
            state = json.loads(item.get("HistoryData", "{}")).get("newState", {})
            if state.get("stateValue") == "ALARM":
                found.append((name, item["Timestamp"], state.get("stateReason", "no reason given")))
                break
    return found
