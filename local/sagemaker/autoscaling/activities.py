"""What Application Auto Scaling did and why, as DescribeScalingActivities shows it."""

import uuid
from typing import Any

from local.sagemaker.autoscaling.records import DIMENSION, NAMESPACE
from local.sagemaker.state import Region, now

Record = dict[str, Any]
# AWS keeps six weeks; this many are more than a local cloud makes.
_KEPT = 1000
_activities: dict[tuple[str, str], list[Record]] = {}


def begin(region: Region, resource: str, description: str, cause: str) -> Record:
    """Record that something is done; `end` says how it ended."""
    activity = {
        "ActivityId": str(uuid.uuid4()),
        "ServiceNamespace": NAMESPACE,
        "ResourceId": resource,
        "ScalableDimension": DIMENSION,
        "Description": description,
        "Cause": cause,
        "StartTime": now(),
        "StatusCode": "InProgress",
        "StatusMessage": f"{description.replace('Setting', 'Successfully set')} Waiting for change to be fulfilled by "
        f"{NAMESPACE}.",
    }
    with region.lock:
        known = _activities.setdefault((region.account, region.name), [])
        known.insert(0, activity)
        del known[_KEPT:]
    return activity


def end(region: Region, activity: Record, status: str, message: str) -> None:
    """Record how an activity ended: Successful, Failed or Unfulfilled."""
    with region.lock:
        activity.update(StatusCode=status, StatusMessage=message, EndTime=now())


def listed(region: Region, resource: str | None) -> list[Record]:
    """Return the activities of a variant, or of all, the newest first."""
    with region.lock:
        known = _activities.get((region.account, region.name), [])
        return [dict(activity) for activity in known if resource in (None, activity["ResourceId"])]
