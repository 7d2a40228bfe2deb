"""An endpoint over time: creation, blue/green update, scaling and deletion, each in a thread of its own."""

import logging
import re
import threading
from collections.abc import Callable
from typing import Any

from local import hooks
from local.sagemaker import models
from local.sagemaker.errors import ApiError, validation
from local.sagemaker.events import described, state_changed
from local.sagemaker.fleet import Fleet, FleetError, VariantFleet
from local.sagemaker.instances import Instance
from local.sagemaker.rollout import Rollout
from local.sagemaker.state import Region, Table, now

Record = dict[str, Any]
_LOG = logging.getLogger(__name__)
_LONGEST_REASON = 1024
_endpoints: dict[str, "Endpoint"] = {}


class NoInstanceError(Exception):
    """None of the variant's model servers runs; the argument is the variant's name."""


def table(region: Region) -> Table:
    """Return the region's endpoints by name."""

    def missing(name: str) -> ApiError:
        return validation(f'Could not find endpoint "{region.arn(f"endpoint/{name.lower()}")}".')

    return region.table("endpoint", missing)


class Endpoint:
    """One endpoint: `record` is what Describe answers of it, `fleet` what serves it, if anything does."""

    def __init__(self, region: Region, record: Record) -> None:
        self.region = region
        self.record = record
        self.fleet: Fleet | None = None
        self._starting: Fleet | None = None
        self._deleted = threading.Event()
        self._worker: threading.Thread | None = None

    @property
    def name(self) -> str:
        """The endpoint's name."""
        return str(self.record["EndpointName"])

    def description(self) -> Record:
        """Return the record with what is true of the fleet now."""
        with self.region.lock:
            fleet = self.fleet
            variants = fleet.descriptions() if fleet else None
            return {**self.record, "ProductionVariants": variants}

    def acquire(self, target: str | None) -> tuple[str, Instance] | None:
        """Return a variant's name and an instance that counts one more request; None while nothing serves."""
        while fleet := self.fleet:
            if target and target not in fleet.variants:
                raise ApiError("ValidationError", f"Variant {target} of endpoint {self.name} not found.")
            variant, instance = fleet.pick(target)
            if instance is None:
                raise NoInstanceError(variant.name)
            if instance.acquire():
                return variant.name, instance
        return None

    def plan(self, configuration: Record, *, retained: frozenset[str] = frozenset()) -> Fleet:
        """Return a fleet of `configuration`, not started; ValidationException where a model of it is gone.

        `retained` are the variant properties to take over from the fleet that serves: DesiredInstanceCount and
        DesiredWeight.
        """
        variants = configuration["ProductionVariants"]
        found = [models.table(self.region)[variant["ModelName"]] for variant in variants]
        return Fleet(
            configuration,
            [
                VariantFleet(self.name, self._retaining(variant, retained), model)
                for variant, model in zip(variants, found, strict=True)
            ],
        )

    def deploy(self, fleet: Fleet, rollout: Rollout | None = None) -> None:
        """Start `fleet`, move the traffic to it at once, and end the old one when the roll-out is through.

        A fleet that fails its health check, or an alarm, leaves the old one serving.
        """
        self._starting = fleet
        self._in_background(lambda: self._deploy(fleet, rollout or Rollout()))

    def rescale(self, desired: list[Record]) -> None:
        """Change weights and instance counts of variants."""
        self._in_background(lambda: self._rescale(desired))

    def delete(self) -> None:
        """End everything, a deployment under way too, and forget the endpoint."""
        with self.region.lock:
            worker, starting = self._worker, self._starting
            self._deleted.set()
        self.enter("Deleting")
        if starting:
            starting.cancel()
        if worker:
            worker.join()
        with self.region.lock:
            fleet, self.fleet = self.fleet, None
        if fleet:
            fleet.retire(drain=False)
        with self.region.lock:
            table(self.region).pop(self.name, None)
            self.region.tags.pop(self.record["EndpointArn"], None)
            _endpoints.pop(self.record["EndpointArn"], None)

    def enter(self, status: str, **changes: Any) -> None:
        """Enter a status, with the other changes that come with it; a change to None removes the field."""
        with self.region.lock:
            if self._deleted.is_set() and status != "Deleting":
                return
            self.record.update(changes, EndpointStatus=status, LastModifiedTime=now())
        detail = described("DescribeEndpoint", self.description())
        detail["EndpointStatus"] = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status).upper()
        state_changed("Endpoint State", detail, [self.record["EndpointArn"]])

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

    def _retaining(self, variant: Record, retained: frozenset[str]) -> Record:
        kept = {}
        current = self.fleet.variants.get(variant["VariantName"]) if self.fleet else None
        if current and "DesiredWeight" in retained:
            kept["InitialVariantWeight"] = current.weight
        if current and "DesiredInstanceCount" in retained:
            kept["InitialInstanceCount"] = current.wanted
        return {**variant, **kept}

    def _deploy(self, fleet: Fleet, rollout: Rollout) -> None:
        try:
            fleet.start()
        except FleetError as failure:
            self._failed(str(failure)[:_LONGEST_REASON])
            return
        with self.region.lock:
            old, self.fleet, self._starting = self.fleet, fleet, None
        if old and not rollout.passes(self._deleted):
            with self.region.lock:
                self.fleet = old
            fleet.retire(drain=True)
            # SageMaker gives no FailureReason for an update that an alarm ended.
            self._failed(None)
            return
        if old:
            self._deleted.wait(rollout.termination_seconds)
            old.retire(drain=True)
        name = fleet.configuration["EndpointConfigName"]
        self.enter("InService", EndpointConfigName=name, FailureReason=None, PendingDeploymentSummary=None)

    def _failed(self, reason: str | None) -> None:
        self._starting = None
        status = "InService" if self.fleet else "Failed"
        if self.fleet:
            self.enter("RollingBack")
        self.enter(status, FailureReason=reason, PendingDeploymentSummary=None)

    def _rescale(self, desired: list[Record]) -> None:
        fleet = self.fleet
        if not fleet:
            return
        for change in desired:
            variant = fleet.variants[change["VariantName"]]
            if change.get("DesiredWeight") is not None:
                variant.weight = float(change["DesiredWeight"])
            if change.get("DesiredInstanceCount") is not None:
                try:
                    variant.scale(int(change["DesiredInstanceCount"]))
                except FleetError as failure:
                    self._failed(str(failure)[:_LONGEST_REASON])
                    return
        self.enter("InService", FailureReason=None)


def add(endpoint: Endpoint) -> None:
    """Make an endpoint findable by its ARN."""
    _endpoints[endpoint.record["EndpointArn"]] = endpoint


def of(record: Record) -> Endpoint:
    """Return the endpoint of a record."""
    return _endpoints[record["EndpointArn"]]


def find(region: Region, name: str) -> Endpoint | None:
    """Return the endpoint of this name, if there is one; names differ in more than case."""
    return _endpoints.get(region.arn(f"endpoint/{name.lower()}"))
