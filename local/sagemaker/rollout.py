"""How an update of an endpoint moves its traffic: blue/green, all at once, under alarms."""

import threading
import time
from dataclasses import dataclass
from typing import Any

from local import hooks
from local.sagemaker.errors import unsupported

Record = dict[str, Any]
_LOOK_AT_ALARMS_EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Rollout:
    """What follows once the new fleet has all the traffic.

    `bake_seconds`: how long the alarms are watched; `termination_seconds`: how long the old fleet stays after that.
    """

    bake_seconds: float = 0.0
    termination_seconds: float = 0.0
    alarms: tuple[str, ...] = ()

    def passes(self, interrupted: threading.Event) -> bool:
        """Wait for the bake time to pass; False as soon as one of the alarms is in ALARM."""
        deadline = time.monotonic() + self.bake_seconds
        while True:
            if self._breached():
                return False
            left = deadline - time.monotonic()
            # CloudWatch offers nothing to wait for; an alarm without a bake time is looked at once.
            if left <= 0 or interrupted.wait(min(left, _LOOK_AT_ALARMS_EVERY_SECONDS if self.alarms else left)):
                return True

    def _breached(self) -> bool:
        if not self.alarms:
            return False
        found = hooks.client("cloudwatch").describe_alarms(
            AlarmNames=list(self.alarms), AlarmTypes=["MetricAlarm", "CompositeAlarm"], StateValue="ALARM"
        )
        return bool(found.get("MetricAlarms") or found.get("CompositeAlarms"))


def read(deployment: Record | None) -> Rollout:
    """Return the roll-out that a DeploymentConfig asks for; ValidationException for one that would not happen."""
    deployment = deployment or {}
    if deployment.get("RollingUpdatePolicy"):
        raise unsupported("RollingUpdatePolicy", "Use BlueGreenUpdatePolicy with ALL_AT_ONCE.")
    policy = deployment.get("BlueGreenUpdatePolicy", {})
    routing = policy.get("TrafficRoutingConfiguration", {})
    if routing.get("Type", "ALL_AT_ONCE") != "ALL_AT_ONCE":
        raise unsupported(f"Traffic routing {routing['Type']}", "Use ALL_AT_ONCE for the environment `local`.")
    alarms = deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    return Rollout(
        bake_seconds=float(routing.get("WaitIntervalInSeconds", 0)),
        termination_seconds=float(policy.get("TerminationWaitInSeconds", 0)),
        alarms=tuple(alarm["AlarmName"] for alarm in alarms),
    )
