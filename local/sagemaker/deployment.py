"""A blue/green update of an endpoint under way: the new fleet starts whole beside the old one and gets its traffic.

Source: "SageMaker endpoint deployment state change" in SageMaker's developer guide, for the stages and their messages.
"""

import logging
import math
import threading
from collections.abc import Callable, Mapping
from typing import Any

from local.sagemaker.fleet import Fleet
from local.sagemaker.rollout import Rollout, Watch
from local.sagemaker.starting import FleetError
from local.sagemaker.state import now
from local.sagemaker.traffic import Traffic
from local.sagemaker.variant_fleet import VariantFleet

Record = dict[str, Any]
_LOG = logging.getLogger(__name__)
_LONGEST_REASON = 1024


class RolledBackError(Exception):
    """The update ended and all traffic is on the old fleet again; `reason` is the FailureReason, if there is one."""

    def __init__(self, reason: str | None) -> None:
        super().__init__(reason)
        self.reason = reason


class Deployment:
    """`announce` is called after each change of what `summary` shows; `deleted` ends the update at once."""

    def __init__(
        self,
        serving: Fleet,
        new: Fleet,
        rollout: Rollout,
        *,
        deleted: threading.Event,
        announce: Callable[[], None],
    ) -> None:
        self.new = new
        self.traffic = Traffic(serving)
        self._rollout = rollout
        self._watch = Watch(rollout, deleted)
        self._announce = announce
        self._started = now()
        self._stages: dict[str, Record] = {}

    def run(self) -> None:
        """Start the new fleet and move the traffic to it; RolledBackError if anything ends that before all is through.

        The old fleet has no traffic in the end, and still runs.
        """
        # An alarm that is in ALARM already ends the update before anything is started.
        self._bake(0.0)
        self._enter("Creating", lambda variant: f"Launching {variant.wanted} instance(s).")
        self._start()
        counts = {name: variant.wanted for name, variant in self.new.variants.items()}
        for shares in self._rollout.shares(counts):
            capacity = {name: _capacity(share, counts[name], self._rollout) for name, share in shares.items()}
            self._activate(shares, capacity)
            self._baking(self._rollout.wait_seconds, "WaitIntervalInSeconds", capacity)
        if self._rollout.termination_seconds:
            self._baking(self._rollout.termination_seconds, "TerminationWaitInSeconds", capacity)

    def clean_up(self) -> None:
        """End the new fleet after its requests, or at once where the endpoint is deleted."""
        self._enter("Deleting", lambda variant: f"Terminating {len(variant.instances)} instance(s).")
        self.new.retire(drain=self._watch.ended_by != "deletion")

    def summary(self) -> Record:
        """Return DescribeEndpoint's PendingDeploymentSummary."""
        shown = [{**variant.description(), **self._details(variant.name)} for variant in self.new.variants.values()]
        shadows = [{**variant.description(), **self._details(variant.name)} for variant in self.new.shadows.values()]
        return {
            "EndpointConfigName": self.new.configuration["EndpointConfigName"],
            "ProductionVariants": shown,
            "ShadowProductionVariants": shadows or None,
            "StartTime": self._started,
        }

    def _details(self, name: str) -> Record:
        stage = self._stages.get(name)
        listed = (*self.new.configuration["ProductionVariants"], *self._shadows())
        types = {variant["VariantName"]: variant.get("InstanceType") for variant in listed}
        return {"InstanceType": types.get(name), "VariantStatus": [stage] if stage else None}

    def _shadows(self) -> list[Record]:
        return self.new.configuration.get("ShadowProductionVariants") or []

    def _start(self) -> None:
        try:
            with self._watch.limiting(self.new.cancel):
                self.new.start()
        except FleetError as failure:
            raise RolledBackError(self._watch.reason() or str(failure)[:_LONGEST_REASON]) from failure

    def _activate(self, shares: Mapping[str, float], capacity: Mapping[str, str]) -> None:
        self._enter("ActivatingTraffic", lambda variant: f"Activating traffic on {capacity[variant.name]}.")
        self.traffic = Traffic(self.traffic.serving, self.new, shares)

    def _baking(self, seconds: float, setting: str, capacity: Mapping[str, str]) -> None:
        wait = f"Baking for {seconds:g} seconds ({setting})"
        self._enter("Baking", lambda variant: f"{wait} with traffic enabled on {capacity[variant.name]}.")
        self._bake(seconds)

    def _bake(self, seconds: float) -> None:
        if self._watch.passes(seconds):
            return
        self.traffic = Traffic(self.traffic.serving)
        if self._watch.alarms:
            name = self.new.configuration["EndpointConfigName"]
            _LOG.warning("The update to %s is rolled back by alarm %s.", name, ", ".join(self._watch.alarms))
        raise RolledBackError(self._watch.reason())

    def _enter(self, status: str, message: Callable[[VariantFleet], str]) -> None:
        moment = now()
        self._stages = {
            name: {"Status": status, "StatusMessage": message(variant), "StartTime": moment}
            for name, variant in self.new.variants.items()
        }
        self._announce()


def _capacity(share: float, instances: int, rollout: Rollout) -> str:
    """Return a step's capacity in the words of a variant's status."""
    if share >= 1:
        return f"full capacity of {instances} instance(s)"
    kind = "canary" if rollout.kind == "CANARY" else "linear step"
    return f"{kind} capacity of {math.ceil(share * instances)} instance(s)"
