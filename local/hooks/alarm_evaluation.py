"""CloudWatch alarms as CloudWatch evaluates them: over whole periods, by dimensions, with percentiles and metric math.

MiniStack looks at an alarm when data arrives, over all dimensions of its metric at once. Here an alarm is looked at
when its window has moved or something was published in it, so it also ends when data does.

Source: "Using Amazon CloudWatch alarms" in CloudWatch's user guide.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from local.hooks import alarm_math, internals

Alarm = dict[str, Any]

_cloudwatch = internals.module("services.cloudwatch")
_responses = internals.module("core.responses")
_log = logging.getLogger("ashlar.local.alarms")

_TICK_SECONDS = 1.0
_time_factor = 1.0
# A period without data is judged once what was measured in it had the time to arrive.
_LATEST_DATA_SECONDS = 3.0
_SHORTEST_PERIOD = 10
# Windows move by a period, and those of longer periods once a minute.
_LONGEST_STEP = 60
COMPARISONS: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "GreaterThanOrEqualToThreshold": ("greater than or equal to", lambda value, limit: value >= limit),
    "GreaterThanThreshold": ("greater than", lambda value, limit: value > limit),
    "LessThanThreshold": ("less than", lambda value, limit: value < limit),
    "LessThanOrEqualToThreshold": ("less than or equal to", lambda value, limit: value <= limit),
}
# What was last looked at: by account, region and name, the alarm's configuration and what its window held.
_seen: dict[tuple[str, str, str], tuple[object, ...]] = {}
# What there was when it was last looked at.
_looked: dict[tuple[str, str, str], tuple[object, ...]] = {}


def watch(time_factor: float) -> None:
    """Evaluate every alarm once a second or more often from now on; to be called on the event loop.

    Periods are divided by `time_factor`, for a cloud whose metrics are published that much more often.
    """
    global _time_factor
    _time_factor = time_factor
    _tick()


def in_alarm(names: Collection[str]) -> list[str]:
    """Which of the alarms of the current account and region, metric or composite, are in ALARM; from any thread."""
    found = {**dict(_cloudwatch._alarms.items()), **dict(_cloudwatch._composite_alarms.items())}
    return [name for name in names if name in found and found[name]["StateValue"] == "ALARM"]


def missing_alarms(names: Collection[str]) -> list[str]:
    """Which of the alarms the current account and region does not have; from any thread."""
    return [name for name in names if name not in _cloudwatch._alarms and name not in _cloudwatch._composite_alarms]


def _tick() -> None:
    asyncio.get_running_loop().call_later(min(_TICK_SECONDS, _SHORTEST_PERIOD / _time_factor / 2), _tick)
    alarms = _cloudwatch._alarms.all_items()
    for account, region in {(account, region) for (account, region, _), _alarm in alarms}:
        with _responses.request_scope(account, region):
            _cloudwatch._evaluate_all_alarms()
    for known in (_seen, _looked):
        for gone in known.keys() - {key for key, _alarm in alarms}:
            del known[gone]


def evaluate(alarm: Alarm, now: float | None = None) -> None:
    """Give an alarm of the current account and region the state that it has `now`; to be called on the event loop."""
    watched = alarm_math.of_alarm(alarm)
    if watched is None:
        return
    now = time.time() if now is None else now
    key = (*_cloudwatch._alarms._scoped(alarm["AlarmName"]),)
    period = watched.period / _time_factor
    step = min(period, _LONGEST_STEP / _time_factor)
    end = now // step * step
    may_come = now - end < min(_LATEST_DATA_SECONDS, step / 2)
    # Most of the time nothing has come and no window has moved: then the points need not be gone through.
    looked = (id(alarm), alarm["AlarmConfigurationUpdatedTimestamp"], end, may_come, watched.stored())
    if _looked.get(key) == looked:
        return
    _looked[key] = looked
    if may_come and not any(watched.points(end - period, end).values()):
        end -= step
    starts = [end - period * (number + 1) for number in range(alarm["EvaluationPeriods"])]
    slots = [watched.points(start, start + period) for start in starts]
    sizes = tuple(len(points) for slot in slots for points in slot.values())
    # An alarm that was set by hand keeps its state until there is something new to look at, as in CloudWatch.
    seen = (id(alarm), alarm["AlarmConfigurationUpdatedTimestamp"], end, sizes)
    if _seen.get(key) == seen:
        return
    _seen[key] = seen
    values = [watched.value(slot) for slot in slots]
    _enter(alarm, *_judged(alarm, values, starts))


def _judged(alarm: Alarm, values: Sequence[float | None], starts: Sequence[float]) -> tuple[str, str]:
    """The state that the values of the last periods ask for, newest first, and the reason in CloudWatch's words."""
    words, compare = COMPARISONS[alarm["ComparisonOperator"]]
    needed = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
    there = [(value, start) for value, start in zip(values, starts, strict=True) if value is not None]
    breaching = [(value, start) for value, start in there if compare(value, alarm["Threshold"])]
    state = _state(alarm, needed, len(values) - len(there), len(there), len(breaching))
    if not there:
        period = "1 missing datapoint was" if len(values) == 1 else f"{len(values)} missing datapoints were"
        treated = {"breaching": "[Breaching]", "notBreaching": "[NonBreaching]"}.get(alarm["TreatMissingData"])
        return state, f"Threshold Crossed: no datapoints were received for {len(values)} period(s) and " + (
            f"{period} treated as {treated}." if treated else f"{period} not evaluated."
        )
    shown = breaching if state == "ALARM" and breaching else there
    listed = ", ".join(f"{value} ({_clock(start)})" for value, start in shown)
    verb = "was" if len(shown) == 1 else "were"
    not_ = "" if state == "ALARM" else "not "
    plural = "" if needed == 1 else "s"
    return state, (
        f"Threshold Crossed: {len(shown)} out of the last {len(values)} datapoints [{listed}] {verb} {not_}{words} the "
        f"threshold ({alarm['Threshold']}) (minimum {needed} datapoint{plural} for OK -> ALARM transition)."
    )


def _state(alarm: Alarm, needed: int, missing: int, there: int, breaching: int) -> str:
    """The state by the treatment of missing data (table "how alarm state is evaluated when data is missing")."""
    treatment = alarm.get("TreatMissingData") or "missing"
    if treatment == "breaching":
        return "ALARM" if breaching + missing >= needed else "OK"
    if treatment == "notBreaching" or missing == 0:
        return "ALARM" if breaching >= needed else "OK"
    if there == 0:
        return "INSUFFICIENT_DATA" if treatment == "missing" else str(alarm["StateValue"])
    # What is there decides, if it all says the same; `ignore` keeps the state where too little is there.
    if breaching >= needed or (breaching == there and treatment == "missing"):
        return "ALARM"
    enough = there - breaching > there + missing - needed
    return str(alarm["StateValue"]) if treatment == "ignore" and not enough else "OK"


def _clock(start: float) -> str:
    return dt.datetime.fromtimestamp(start, dt.UTC).strftime("%d/%m/%y %H:%M:%S")


def _enter(alarm: Alarm, state: str, reason: str) -> None:
    old = alarm["StateValue"]
    if state == old:
        return
    moment = int(time.time())
    alarm.update(StateValue=state, StateReason=reason, StateUpdatedTimestamp=moment, StateTransitionedTimestamp=moment)
    _cloudwatch._record_history(alarm["AlarmName"], old, state, reason)
    _cloudwatch._dispatch_alarm_actions(alarm, old, state, reason)
    _cloudwatch._evaluate_parent_alarms(alarm)


def _evaluate_all() -> None:
    for alarm in _cloudwatch._alarms.values():
        try:
            _cloudwatch._evaluate_alarm(alarm)
        except Exception:  # one alarm must not keep the others from being looked at
            _log.exception("alarm %s", alarm.get("AlarmName"))


_cloudwatch._evaluate_alarm = evaluate
_cloudwatch._evaluate_all_alarms = _evaluate_all
