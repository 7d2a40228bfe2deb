"""DeploymentConfig structures, for tests of updates."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def deployment_config(routing: Json, *, alarms: tuple[str, ...] = (), **policy: int) -> Json:
    """Blue/green by this traffic routing, under these alarms."""
    rollback = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm} for alarm in alarms]}} if alarms else {}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **policy}, **rollback}


def canary(percent: int = 10, wait: int = 30) -> Json:
    """Traffic routing by a canary."""
    size = {"Type": "CAPACITY_PERCENT", "Value": percent}
    return {"Type": "CANARY", "WaitIntervalInSeconds": wait, "CanarySize": size}
