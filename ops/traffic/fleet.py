"""The live endpoint whose weights are shifted, and the alarms that watch it."""

from __future__ import annotations

import time
from typing import Any

from botocore.exceptions import ClientError

from ops import live
from ops.session import Environment, OpsError

POLL_SECONDS = 5.0
# SageMaker changes weights within a minute, but scaling may be at work too: an instance that it starts has up to an
# hour for its health check. After this long something is wrong.
LONGEST_UPDATE_SECONDS = 3900.0


class DisturbedError(Exception):
    """A step that cannot go on. `cause`: what made it stop; `steerable`: whether the weights can be set back."""

    def __init__(self, cause: str, *, steerable: bool) -> None:
        super().__init__(cause)
        self.steerable = steerable


class LiveFleet:
    """One endpoint on the configuration that it had at first. Raises OpsError where it cannot be shifted."""

    def __init__(self, environment: Environment, endpoint: str) -> None:
        self._environment, self._endpoint = environment, endpoint
        self._sagemaker = environment.client("sagemaker")
        described = live.describe(environment, endpoint)
        if not described:
            raise OpsError(f"{endpoint} does not exist yet: it appears with the first release.")
        if described["EndpointStatus"] != "InService":
            raise OpsError(
                f"{endpoint} is {described['EndpointStatus']}: weights are shifted only while no update runs. "
                f"Follow it: {environment.command('release', 'status', endpoint)}"
            )
        self.configuration = str(described["EndpointConfigName"])
        self.weights = weights_of(described)

    def bring(self, weights: dict[str, float], *, watched: bool = True) -> None:
        """Make these weights live. Raises DisturbedError; where `watched`, also at the first alarm that is in ALARM.

        Scaling changes the endpoint as well, and more traffic brings it to work: its changes are waited for.
        """
        deadline = time.monotonic() + LONGEST_UPDATE_SECONDS
        while not self._asked(weights):
            _sleep(deadline)
            self._wait_until_in_service(deadline, watched=watched)
        self._wait_until_in_service(deadline, watched=watched)

    def watch(self, seconds: float) -> None:
        """Look at the alarms for so long, at least once. Raises DisturbedError at the first that is in ALARM."""
        deadline = time.monotonic() + seconds
        while True:
            self._status(watched=True)
            left = deadline - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(POLL_SECONDS, left))

    def alarms(self) -> dict[str, str]:
        """Name -> state of the alarms of the configuration that runs."""
        prefix = f"{self.configuration}-"
        pages = self._environment.client("cloudwatch").get_paginator("describe_alarms")
        found = pages.paginate(AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm"])
        return {alarm["AlarmName"]: alarm["StateValue"] for page in found for alarm in page["MetricAlarms"]}

    def now(self) -> dict[str, float]:
        """The weights that are live, or that are about to be."""
        return weights_of(live.describe(self._environment, self._endpoint))

    def _asked(self, weights: dict[str, float]) -> bool:
        """Start the change; False where the endpoint is not through with another one. Raises DisturbedError."""
        desired = [{"VariantName": name, "DesiredWeight": weight} for name, weight in weights.items()]
        name = self._environment.platform.name(self._endpoint)
        try:
            self._sagemaker.update_endpoint_weights_and_capacities(
                EndpointName=name, DesiredWeightsAndCapacities=desired
            )
        except ClientError as error:
            if "in-progress" in str(error):
                return False
            raise DisturbedError(f"SageMaker refused the weights: {error}", steerable=False) from None
        return True

    def _wait_until_in_service(self, deadline: float, *, watched: bool) -> None:
        while self._status(watched=watched) != "InService":
            _sleep(deadline)

    def _status(self, *, watched: bool) -> str:
        """The endpoint's status. Raises DisturbedError where an alarm rings, or another configuration comes or runs."""
        described = live.describe(self._environment, self._endpoint)
        # An update to a configuration is summed up; a change of weights or instances alone is not.
        coming = described.get("PendingDeploymentSummary", {}).get("EndpointConfigName", self.configuration)
        if not described.get("EndpointConfigName") == coming == self.configuration:
            raise DisturbedError("the endpoint is updated to another configuration", steerable=False)
        status = str(described["EndpointStatus"])
        if status not in ("InService", "Updating"):
            raise DisturbedError(f"the endpoint is {status}", steerable=False)
        ringing = [name for name, state in self.alarms().items() if state == "ALARM"] if watched else []
        if ringing:
            raise DisturbedError(f"alarm {', '.join(ringing)}", steerable=True)
        return status


def _sleep(deadline: float) -> None:
    if time.monotonic() >= deadline:
        raise DisturbedError(f"still updating after {LONGEST_UPDATE_SECONDS:g} s", steerable=False)
    time.sleep(POLL_SECONDS)


def weights_of(described: dict[str, Any]) -> dict[str, float]:
    """Variant -> the weight that DescribeEndpoint says it is to have."""
    variants = described.get("ProductionVariants", [])
    return {its["VariantName"]: float(its.get("DesiredWeight", its["CurrentWeight"])) for its in variants}
