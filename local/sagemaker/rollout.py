"""How an update of an endpoint moves its traffic: blue/green, at once, by a canary or in linear steps, under alarms.

Source: "Blue/Green Deployments" and "Auto-Rollback Configuration and Monitoring" in SageMaker's developer guide; API
reference, TrafficRoutingConfig and BlueGreenUpdatePolicy.
"""

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local import hooks
from local.sagemaker.errors import unsupported, validation
from local.sagemaker.timing import timing

Record = dict[str, Any]
_LOOK_AT_ALARMS_EVERY_SECONDS = 1.0
_SIZES = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}
# In percent of each variant's instances. A canary is as small as can be: one instance, or one percent.
_LEAST = {"CANARY": 0, "LINEAR": 10}
_MOST = 50


@dataclass(frozen=True)
class Size:
    """How much capacity a step is: instances of each variant, or a percentage of them."""

    value: int
    is_percent: bool

    def share(self, steps: int, instances: int) -> float:
        """Return the share of a variant with so many instances that `steps` of these are."""
        whole = 100 if self.is_percent else max(1, instances)  # an asynchronous variant may have none
        return min(whole, steps * self.value) / whole


@dataclass(frozen=True)
class Rollout:
    """What a DeploymentConfig asks for; times in seconds of AWS's."""

    kind: str = "ALL_AT_ONCE"
    size: Size | None = None
    wait_seconds: float = 0.0
    termination_seconds: float = 0.0
    timeout_seconds: float = math.inf
    alarms: tuple[str, ...] = ()

    def shares(self, counts: Mapping[str, int]) -> list[dict[str, float]]:
        """Return the new fleet's share of each variant's traffic, step by step; `counts` are its instances."""
        whole = dict.fromkeys(counts, 1.0)
        if self.size is None:
            return [whole]
        size, found = self.size, []
        for number in range(1, 2 if self.kind == "CANARY" else 101):
            shares = {name: size.share(number, count) for name, count in counts.items()}
            if shares == whole:
                break
            found.append(shares)
        return [*found, whole]

    def check(self, counts: Mapping[str, int]) -> None:
        """Raise ValidationException unless the steps and times fit an endpoint with so many instances."""
        if self.size:
            for name, count in counts.items():
                self._check_size(self.size, name, count)
        waits = len(self.shares(counts)) * self.wait_seconds + self.termination_seconds
        if waits >= self.timeout_seconds:
            raise validation(
                f"MaximumExecutionTimeoutInSeconds {self.timeout_seconds:g} must be larger than all waiting times "
                f"together, WaitIntervalInSeconds and TerminationWaitInSeconds, which are {waits:g} seconds."
            )
        if missing := hooks.missing_alarms(self.alarms):
            raise validation(f"AutoRollbackConfiguration: there is no alarm {', '.join(missing)}.")

    def _check_size(self, size: Size, variant: str, count: int) -> None:
        share, least = 100 * size.share(1, count), _LEAST[self.kind]
        if not least <= share <= _MOST:
            bounds = f"from {least} to {_MOST} percent" if least else f"{_MOST} percent at most"
            raise validation(
                f"{_SIZES[self.kind]} is {share:g} percent of the {count} instance(s) of variant {variant}; it must be "
                f"{bounds}."
            )


def read(deployment: Record | None) -> Rollout:
    """Return the roll-out that a DeploymentConfig asks for; ValidationException for one that would not happen."""
    deployment = deployment or {}
    if deployment.get("RollingUpdatePolicy"):
        raise unsupported("RollingUpdatePolicy", "Use BlueGreenUpdatePolicy.")
    policy = deployment.get("BlueGreenUpdatePolicy", {})
    routing = policy.get("TrafficRoutingConfiguration", {})
    kind = routing.get("Type", "ALL_AT_ONCE")
    alarms = deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    return Rollout(
        kind=kind,
        size=_size(kind, routing),
        wait_seconds=float(routing.get("WaitIntervalInSeconds", 0)),
        termination_seconds=float(policy.get("TerminationWaitInSeconds", 0)),
        timeout_seconds=float(policy.get("MaximumExecutionTimeoutInSeconds", math.inf)),
        alarms=tuple(alarm["AlarmName"] for alarm in alarms),
    )


def _size(kind: str, routing: Record) -> Size | None:
    wanted = _SIZES.get(kind)
    for name in _SIZES.values():
        if bool(routing.get(name)) != (name == wanted):
            word = "needs" if name == wanted else "has no"
            raise validation(f"TrafficRoutingConfiguration of the Type {kind} {word} {name}.")
    if wanted is None:
        return None
    given = routing[wanted]
    return Size(int(given["Value"]), given["Type"] == "CAPACITY_PERCENT")


@dataclass
class Watch:
    """Looks after a roll-out that is under way. `ended_by` tells what ended it: "alarm", "timeout" or "deletion"."""

    rollout: Rollout
    deleted: threading.Event
    ended_by: str | None = None
    alarms: list[str] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    def passes(self, seconds: float) -> bool:
        """Wait so many seconds of AWS's; False as soon as something ends the roll-out."""
        until = time.monotonic() + timing().shortened(seconds)
        while not self._is_over():
            left = until - time.monotonic()
            if left <= 0:
                return True
            # CloudWatch offers nothing to wait for.
            self.deleted.wait(min(left, timing().shortened(_LOOK_AT_ALARMS_EVERY_SECONDS)))
        return False

    @contextlib.contextmanager
    def limiting(self, give_up: Callable[[], None]) -> Iterator[None]:
        """Call `give_up` if the roll-out's time ends within the block."""
        left = self._began + timing().shortened(self.rollout.timeout_seconds) - time.monotonic()

        def over() -> None:
            self.ended_by = "timeout"
            give_up()

        timer = threading.Timer(max(left, 0.0), over) if left < math.inf else None
        try:
            if timer:
                timer.daemon = True
                timer.start()
            yield
        finally:
            if timer:
                timer.cancel()

    def reason(self) -> str | None:
        """Return the endpoint's FailureReason; SageMaker gives none for an update that an alarm ended."""
        if self.ended_by != "timeout":
            return None
        limit = self.rollout.timeout_seconds
        return f"The update did not end within {limit:g} seconds (MaximumExecutionTimeoutInSeconds)."

    def _is_over(self) -> bool:
        self.alarms = hooks.in_alarm(self.rollout.alarms)
        if self.deleted.is_set():
            self.ended_by = "deletion"
        elif self.alarms:
            self.ended_by = "alarm"
        elif time.monotonic() - self._began >= timing().shortened(self.rollout.timeout_seconds):
            self.ended_by = "timeout"
        return self.ended_by is not None
