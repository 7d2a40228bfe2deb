"""What is told of an endpoint: by DescribeEndpoint, and by the events of its changes."""

import re
from typing import Any

from local.sagemaker import capture
from local.sagemaker.events import described, state_changed
from local.sagemaker.fleet import Fleet

Record = dict[str, Any]


def of_fleet(fleet: Fleet) -> Record:
    """Return what DescribeEndpoint says of the fleet that serves."""
    captured = capture.summary(fleet.configuration.get("DataCaptureConfig"))
    return {
        **fleet.descriptions(),
        **({"DataCaptureConfig": captured} if captured else {}),
        "MetricsConfig": fleet.configuration.get("MetricsConfig"),
        "AsyncInferenceConfig": fleet.configuration.get("AsyncInferenceConfig"),
    }


def announce(change: str, description: Record, status: str) -> None:
    """Send the event of a change; an event writes a status as IN_SERVICE, not InService."""
    detail = described("DescribeEndpoint", description)
    detail["EndpointStatus"] = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status).upper()
    state_changed(change, detail, [description["EndpointArn"]])
