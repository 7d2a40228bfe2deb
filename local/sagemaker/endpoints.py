"""An endpoint over time: creation, blue/green update, scaling and deletion, each in a thread of its own."""

import logging
import re
import threading
from collections.abc import Callable
from typing import Any

from local import hooks
from local.sagemaker import capture, models, variants
from local.sagemaker.asynchronous import AsyncEndpoint
from local.sagemaker.deployment import Deployment, RolledBackError
from local.sagemaker.errors import ApiError, validation
from local.sagemaker.events import described, state_changed
from local.sagemaker.fleet import Fleet, FleetError, VariantFleet
from local.sagemaker.instances import Instance
from local.sagemaker.rollout import Rollout
from local.sagemaker.serverless import ServerlessVariant
from local.sagemaker.state import Region, Table, now
from local.sagemaker.traffic import Traffic

Record = dict[str, Any]
_LOG = logging.getLogger(__name__)
_LONGEST_REASON = 1024
_endpoints: dict[str, "Endpoint"] = {}


class NoInstanceError(Exception):
    """None of the variant's model servers runs, or none can be started; `str()` says so."""

    def __init__(self, variant: VariantFleet, message: str = "No model server of this variant runs.") -> None:
        super().__init__(message)
        self.variant = variant


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
        self._deployment: Deployment | None = None
        self._deleted = threading.Event()
        self._worker: threading.Thread | None = None
        self.asynchronous: AsyncEndpoint | None = None

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
            return {**self.record, **(_described(fleet) if fleet else {}), **pending}

    async def acquire(self, target: str | None) -> tuple[VariantFleet, Instance] | None:
        """Return a variant and an instance of it that counts one more request; None while nothing serves."""
        while serving := self.fleet:
            try:
                fleet, name = self._traffic(serving).choose(target)
            except KeyError:
                message = f"Variant {target} of endpoint {self.name} not found."
                raise ApiError("ValidationError", message) from None
            variant, instance = fleet.pick(name)
            if isinstance(variant, ServerlessVariant):
                try:
                    return variant, await variant.acquire()
                except FleetError as failure:
                    if self.fleet is not serving:
                        continue  # it was replaced meanwhile
                    raise NoInstanceError(variant, str(failure)) from failure
            if instance is None:
                raise NoInstanceError(variant)
            if instance.acquire():
                return variant, instance
        return None

    async def _acquire_if_any(self) -> tuple[VariantFleet, Instance] | None:
        try:
            return await self.acquire(None)
        except NoInstanceError:
            return None

    def acquire_shadow(self) -> tuple[VariantFleet, Instance] | None:
        """Return the shadow and an instance of it that counts a copy of the request; None if none is to be sent."""
        fleet = self.fleet
        picked = fleet.pick_shadow() if fleet else None
        return picked if picked and picked[1].acquire() else None

    def plan(self, configuration: Record, *, retained: frozenset[str] = frozenset()) -> Fleet:
        """Return a fleet of `configuration`, not started; ValidationException where a model of it is gone.

        `retained` are the variant properties to take over from the fleet that serves: DesiredInstanceCount,
        DesiredWeight and DataCaptureConfig, which is the endpoint's.
        """
        if self.fleet and "DataCaptureConfig" in retained:
            kept = self.fleet.configuration.get("DataCaptureConfig")
            configuration = {**configuration, "DataCaptureConfig": kept}
        production, shadows = configuration["ProductionVariants"], configuration.get("ShadowProductionVariants", [])
        known = models.table(self.region)
        found = {variant["VariantName"]: known[variant["ModelName"]] for variant in (*production, *shadows)}

        def planned(listed: list[Record]) -> list[VariantFleet]:
            return [
                (ServerlessVariant if v.get("ServerlessConfig") else VariantFleet)(
                    self.name, self._retaining(v, retained), found[v["VariantName"]], configuration
                )
                for v in listed
            ]

        return Fleet(configuration, planned(production), planned(shadows))

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

    def delete(self) -> None:
        """End everything, a deployment under way too, and forget the endpoint."""
        with self.region.lock:
            worker, growing = self._worker, [fleet for fleet in (self._starting, self.fleet) if fleet]
            self._deleted.set()
        self.enter("Deleting")
        if self.asynchronous:
            self.asynchronous.queue.close()
        for fleet in growing:
            fleet.cancel()
        if worker:
            worker.join()
        with self.region.lock:
            served, self.fleet = self.fleet, None
        if served:
            served.retire(drain=False)
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
        if self.asynchronous:
            self.asynchronous.queue.wake()  # there may be other instances now
        detail = described("DescribeEndpoint", self.description())
        detail["EndpointStatus"] = _in_events(status)
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
        current = self.fleet.all_variants.get(variant["VariantName"]) if self.fleet else None
        if current and "DesiredWeight" in retained:
            kept["InitialVariantWeight"] = current.weight
        if current and "DesiredInstanceCount" in retained:
            kept["InitialInstanceCount"] = current.wanted
        return {**variant, **kept}

    def _traffic(self, serving: Fleet) -> Traffic:
        deployment = self._deployment
        # Once an update is through, another fleet serves than the one that it began with.
        return deployment.traffic if deployment and deployment.traffic.serving is serving else Traffic(serving)

    def _announce_deployment(self) -> None:
        detail = described("DescribeEndpoint", self.description())
        detail["EndpointStatus"] = _in_events(str(self.record["EndpointStatus"]))
        state_changed("Endpoint Deployment State", detail, [self.record["EndpointArn"]])

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
                self.region, self.name, self._async_config, self._serving_variants, self._acquire_if_any
            )
            self.asynchronous.queue.meter.start()

    def _async_config(self) -> Record:
        config: Record = self.fleet.configuration["AsyncInferenceConfig"] if self.fleet else {}
        return config

    def _serving_variants(self) -> list[VariantFleet]:
        return list(self.fleet.variants.values()) if self.fleet else []

    def _rescale(self, desired: list[Record]) -> None:
        fleet = self.fleet
        if not fleet:
            return
        for change in desired:
            variant = fleet.all_variants[change["VariantName"]]
            if change.get("DesiredWeight") is not None:
                variant.weight = float(change["DesiredWeight"])
            try:
                if change.get("DesiredInstanceCount") is not None:
                    variant.scale(int(change["DesiredInstanceCount"]))
                if isinstance(variant, ServerlessVariant):
                    variant.reconfigure(change.get("ServerlessUpdateConfig") or {})
            except FleetError as failure:
                self._failed(str(failure)[:_LONGEST_REASON])
                return
        self.enter("InService", FailureReason=None)


def _described(fleet: Fleet) -> Record:
    captured = capture.summary(fleet.configuration.get("DataCaptureConfig"))
    return {
        **fleet.descriptions(),
        **({"DataCaptureConfig": captured} if captured else {}),
        "MetricsConfig": fleet.configuration.get("MetricsConfig"),
        "AsyncInferenceConfig": fleet.configuration.get("AsyncInferenceConfig"),
    }


def _in_events(status: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status).upper()


def add(endpoint: Endpoint) -> None:
    """Make an endpoint findable by its ARN."""
    _endpoints[endpoint.record["EndpointArn"]] = endpoint


def of(record: Record) -> Endpoint:
    """Return the endpoint of a record."""
    return _endpoints[record["EndpointArn"]]


def find(region: Region, name: str) -> Endpoint | None:
    """Return the endpoint of this name, if there is one; names differ in more than case."""
    return _endpoints.get(region.arn(f"endpoint/{name.lower()}"))
