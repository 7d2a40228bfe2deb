"""The live endpoint: its machines, weights and numbers of instances, and waiting until it is through with a change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isclose
from typing import Any

from botocore.exceptions import ClientError

WEIGHT, COUNT = "DesiredWeight", "DesiredInstanceCount"
# Those of them that a variant is to have.
Desired = dict[str, float]
_MOVING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"})
POLL_SECONDS = 5.0


class Hosted:
    """SageMaker, by boto3's client, for one endpoint. `wait` sleeps for so many seconds, or raises when time is up."""

    def __init__(self, sagemaker: Any, endpoint: str, wait: Callable[[float], None]) -> None:
        self._sagemaker = sagemaker
        self._endpoint = endpoint
        self._wait = wait

    def instance_types(self) -> dict[str, str]:
        """Variant -> the instance type that it runs on now; empty while there is no endpoint."""
        try:
            live = self._sagemaker.describe_endpoint(EndpointName=self._endpoint)["EndpointConfigName"]
        except ClientError as error:
            if "Could not find" in str(error):
                return {}
            raise
        configuration = self._sagemaker.describe_endpoint_config(EndpointConfigName=live)
        return {v["VariantName"]: v["InstanceType"] for v in configuration["ProductionVariants"] if "InstanceType" in v}

    def bring(self, variants: Mapping[str, Desired]) -> None:
        """Give these variants what they are to have; the others keep theirs. Answers once the endpoint is through.

        The API takes the instances of one variant at a time, or the weights of several; instances come first, so that
        more traffic finds them. Raises RuntimeError when the endpoint does not come to serve so.
        """
        counts = [{name: {COUNT: its[COUNT]}} for name, its in variants.items() if COUNT in its]
        weights = {name: {WEIGHT: its[WEIGHT]} for name, its in variants.items() if WEIGHT in its}
        for step in [*counts, *([weights] if weights else [])]:
            self._bring(step)

    def _bring(self, variants: Mapping[str, Desired]) -> None:
        """What one call may ask for."""
        while True:
            missing = self._other(variants, self._settled())
            if not missing:
                return
            if self._asked(missing):
                break
        left = self._other(missing, self._settled())
        if left:
            raise RuntimeError(
                f"The endpoint {self._endpoint} did not take {left}. Weights and counts change while an endpoint is "
                "InService and instances are to be had: look at its events, and deploy again."
            )

    def _asked(self, variants: Mapping[str, Desired]) -> bool:
        """Ask for it; False where scaling was first and the endpoint moves again."""
        try:
            self._sagemaker.update_endpoint_weights_and_capacities(
                EndpointName=self._endpoint,
                DesiredWeightsAndCapacities=[{"VariantName": name, **its} for name, its in variants.items()],
            )
        except ClientError as error:
            if "in-progress" in str(error):
                self._wait(POLL_SECONDS)
                return False
            raise
        return True

    def _settled(self) -> dict[str, Any]:
        """DescribeEndpoint, once nothing moves. Raises RuntimeError where it does not serve then."""
        while True:
            found: dict[str, Any] = self._sagemaker.describe_endpoint(EndpointName=self._endpoint)
            status = found["EndpointStatus"]
            if status == "InService":
                return found
            if status not in _MOVING:
                raise RuntimeError(
                    f"The endpoint {self._endpoint} is {status} ({found.get('FailureReason', 'no reason given')}); its "
                    "weights can be set while it is InService. Mend the cause and deploy again."
                )
            self._wait(POLL_SECONDS)

    @staticmethod
    def _other(variants: Mapping[str, Desired], endpoint: Mapping[str, Any]) -> dict[str, Desired]:
        """Those variants that have not yet what they are to have."""
        live = {variant["VariantName"]: variant for variant in endpoint["ProductionVariants"]}
        return {
            name: its
            for name, its in variants.items()
            if not all(isclose(live[name][key.replace("Desired", "Current")], value) for key, value in its.items())
        }
