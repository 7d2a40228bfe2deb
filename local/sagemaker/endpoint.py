"""An endpoint over time: creation, blue/green update, scaling and deletion, each in a thread of its own."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from local import hooks
from local.sagemaker import variants
from local.sagemaker.asynchronous import AsyncEndpoint
from local.sagemaker.deployment import Deployment, RolledBackError
from local.sagemaker.endpoint_description import announce, of_fleet
from local.sagemaker.fleet import Fleet
from local.sagemaker.fleet_plan import planned
from local.sagemaker.rescaling import rescale
from local.sagemaker.rollout import Rollout
from local.sagemaker.routing import Router
from local.sagemaker.starting import FleetError
from local.sagemaker.state import Region, now
from local.sagemaker.traffic import Traffic
from local.sagemaker.variant_fleet import VariantFleet

Record = dict[str, Any]
_LOG = logging.getLogger(__name__)
_LONGEST_REASON = 1024


class Endpoint:
    """One endpoint: `record` is what Describe answers of it, `fleet` what serves it, if anything does."""

    def __init__(self, region: Region, record: Record) -> None:
        self.region = region
        self.record = record
        self.fleet: Fleet | None = None
        self._starting: Fleet | None = None
        self._deployment: Deployment | None = None
        self._deleted = threading.Event()
        self._worker: threading.Thread | None = None
        self.asynchronous: AsyncEndpoint | None = None
        self.router = Router(self.name, self._traffic)

    @property
    def name(self) -> str:
        """The endpoint's name."""
        return str(self.record["EndpointName"])

    @property
    def is_serverless(self) -> bool:
        """Whether it has processes only while there are requests."""
        return self.fleet is not None and variants.is_serverless(self.fleet.configuration)

    def description(self) -> Record:
        """Return the record with what is true of the fleet now."""
        with self.region.lock:
            fleet, deployment = self.fleet, self._deployment
            pending = {"PendingDeploymentSummary": deployment.summary()} if deployment else {}
            return {**self.record, **(of_fleet(fleet) if fleet else {}), **pending}

    def plan(self, configuration: Record, *, retained: frozenset[str] = frozenset()) -> Fleet:
        """Return a fleet of `configuration`, not started, with the `retained` properties of the one that serves."""
        return planned(self.region, self.name, configuration, self.fleet, retained)

    def deploy(self, fleet: Fleet, rollout: Rollout | None = None) -> None:
        """Start `fleet`, move the traffic to it by the roll-out, and end the old one when that is through.

        A fleet that fails its health check, an alarm, or too long a time leaves the old one serving.
        """
        self._starting = fleet
        if self.fleet:
            self._deployment = Deployment(
                self.fleet, fleet, rollout or Rollout(), deleted=self._deleted, announce=self._announce_deployment
            )
        self._in_background(lambda: self._deploy(fleet, self._deployment))

    def rescale(self, desired: list[Record]) -> None:
        """Change weights and instance counts of variants."""
        self._in_background(lambda: self._rescale(desired))

    def end(self) -> None:
        """End everything, a deployment under way too."""
        with self.region.lock:
            worker, growing = self._worker, [fleet for fleet in (self._starting, self.fleet) if fleet]
            self._deleted.set()
        self.enter("Deleting")
        for fleet in growing:
            fleet.cancel()
        if worker:
            worker.join()
        # Only now: a first fleet that had just started has brought the queue into being in the meantime.
        if self.asynchronous:
            self.asynchronous.queue.close()
        with self.region.lock:
            served, self.fleet = self.fleet, None
        if served:
            served.retire(drain=False)

    def enter(self, status: str, **changes: Any) -> None:
        """Enter a status, with the other changes that come with it; a change to None removes the field."""
        with self.region.lock:
            if self._deleted.is_set() and status != "Deleting":
                return
            self.record.update(changes, EndpointStatus=status, LastModifiedTime=now())
        if self.asynchronous:
            self.asynchronous.queue.wake()  # there may be other instances now
        announce("Endpoint State", self.description(), status)

    def _in_background(self, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except Exception as error:  # a fault of ours must still end the update
                _LOG.exception("endpoint %s", self.name)
                self._failed(f"InternalServerError: {error!r}")

        self._worker = threading.Thread(
            target=hooks.in_request_scope(guarded), name=f"endpoint-{self.name}", daemon=True
        )
        self._worker.start()

    def _traffic(self) -> Traffic | None:
        serving, deployment = self.fleet, self._deployment
        if serving is None:
            return None
        # Once an update is through, another fleet serves than the one that it began with.
        return deployment.traffic if deployment and deployment.traffic.serving is serving else Traffic(serving)

    def _announce_deployment(self) -> None:
        announce("Endpoint Deployment State", self.description(), str(self.record["EndpointStatus"]))

    def _deploy(self, fleet: Fleet, deployment: Deployment | None) -> None:
        try:
            if deployment:
                deployment.run()
            else:
                fleet.start()
        except RolledBackError as error:
            self._failed(error.reason)
            return
        except FleetError as failure:
            self._failed(str(failure)[:_LONGEST_REASON])
            return
        with self.region.lock:
            old, self.fleet, self._starting = self.fleet, fleet, None
        self._serve_queue(fleet)
        if old:
            old.retire(drain=True)
        self._deployment = None
        name = fleet.configuration["EndpointConfigName"]
        self.enter("InService", EndpointConfigName=name, FailureReason=None)

    def _failed(self, reason: str | None) -> None:
        self._starting = None
        if self.fleet:
            self.enter("RollingBack")
        if self._deployment:
            self._deployment.clean_up()
            self._deployment = None
        self.enter("InService" if self.fleet else "Failed", FailureReason=reason)

    def _serve_queue(self, fleet: Fleet) -> None:
        """Begin to queue requests, if the endpoint is asynchronous; after an update the queue goes on."""
        if self.asynchronous is None and fleet.configuration.get("AsyncInferenceConfig"):
            self.asynchronous = AsyncEndpoint(
                self.region, self.name, self._async_config, self._serving_variants, self.router.acquire_if_any
            )
            self.asynchronous.queue.meter.start()

    def _async_config(self) -> Record:
        config: Record = self.fleet.configuration["AsyncInferenceConfig"] if self.fleet else {}
        return config

    def _serving_variants(self) -> list[VariantFleet]:
        return list(self.fleet.variants.values()) if self.fleet else []

    def _rescale(self, desired: list[Record]) -> None:
        if not self.fleet:
            return
        try:
            rescale(self.fleet, desired)
        except FleetError as failure:
            self._failed(str(failure)[:_LONGEST_REASON])
            return
        self.enter("InService", FailureReason=None)
