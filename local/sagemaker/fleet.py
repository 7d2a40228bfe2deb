"""The instances of all variants of an endpoint that were started together: one side of a blue/green update."""

import random
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local import hooks
from local.sagemaker import capture, containers
from local.sagemaker.capture import Capture
from local.sagemaker.container_process import ContainerProcess, UnhealthyError
from local.sagemaker.containers import ContainerError
from local.sagemaker.endpoint_metrics import Meter
from local.sagemaker.errors import ApiError
from local.sagemaker.instances import Instance
from local.sagemaker.logs import LogStream
from local.sagemaker.restarts import Backoff
from local.sagemaker.roles import RoleSession
from local.sagemaker.timing import timing
from local.sagemaker.weights import choose

Record = dict[str, Any]
_DEFAULT_STARTUP_SECONDS = 480.0
_DEFAULT_DOWNLOAD_SECONDS = 3600.0


class FleetError(Exception):
    """The fleet cannot serve; `str()` is the endpoint's FailureReason."""


class VariantFleet:
    """The instances of one variant."""

    def __init__(self, endpoint: str, variant: Record, model: Record, configuration: Record) -> None:
        self.name = str(variant["VariantName"])
        self.weight = float(variant["InitialVariantWeight"])
        self.wanted = int(variant["InitialInstanceCount"])
        self.instances: list[Instance] = []
        self._endpoint = endpoint
        self._startup_seconds = float(
            variant.get("ContainerStartupHealthCheckTimeoutInSeconds") or _DEFAULT_STARTUP_SECONDS
        )
        self._download_seconds = float(variant.get("ModelDataDownloadTimeoutInSeconds") or _DEFAULT_DOWNLOAD_SECONDS)
        self._model = model
        self._containers = containers.of(model, owner=f"{endpoint}-{self.name}", variant=self.name)
        self._cancelled = threading.Event()
        self._starting: list[Instance] = []
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._backoff = Backoff()
        self._replace_in_scope = hooks.in_request_scope(self._replace)
        self.meter = Meter(endpoint, self.name, configuration, self.loads)
        settings = capture.settings_of(configuration.get("DataCaptureConfig"))
        self.capture = Capture(endpoint, self.name, settings, lambda: self._session.client("s3")) if settings else None

    def loads(self) -> list[int]:
        """Return how many requests each instance works on."""
        return [instance.busy for instance in self.instances]

    def client(self, service: str) -> Any:
        """Return a client that acts as the model's role."""
        return self._session.client(service)

    def another(self, tried: Collection[Instance]) -> Instance | None:
        """Return an instance that lives, was not tried yet, and counts one more request; None where there is none."""
        left = [instance for instance in self.instances if instance not in tried and instance.is_alive()]
        return next((instance for instance in sorted(left, key=lambda each: each.busy) if instance.acquire()), None)

    def open(self) -> None:
        """Count and capture requests from now on."""
        self.meter.start()
        if self.capture:
            self.capture.start()

    def prepare(self) -> None:
        """Fetch the model's files with its role."""
        try:
            self._session = RoleSession(
                str(self._model["ExecutionRoleArn"]),
                self._endpoint,
                source_arn=str(self._model["ModelArn"]),
                network=self._model,
            )
            for container in self._containers:
                container.fetch(self._session, self._download_seconds)
        except (ContainerError, ApiError) as error:
            raise FleetError(str(error)) from error

    def scale(self, count: int) -> None:
        """Start instances or retire some, until `count` serve."""
        self.wanted = count
        if count > len(self.instances):
            self._cancelled.wait(timing().instance_start_seconds)
        started = [self._start() for _ in range(count - len(self.instances))]
        for instance in started:
            self._wait(instance)
        self._starting.clear()
        with self._lock:
            surplus = self.instances[count:]
            self.instances = [*self.instances, *started][:count]
        for instance in surplus:
            instance.retire()

    def cancel(self) -> None:
        """Give up a start that is under way."""
        with self._lock:
            self._cancelled.set()
            starting = list(self._starting)
        for instance in starting:
            instance.retire(drain=False)

    def retire(self, *, drain: bool) -> None:
        """End every instance and remove the model's files."""
        self._stopped.set()
        with self._lock:
            instances = {*self.instances, *self._starting}
        for instance in instances:
            instance.retire(drain=drain)
        self.meter.close()
        if self.capture:
            self.capture.close()
        for container in self._containers:
            container.remove()

    def description(self) -> Record:
        """Return the variant as DescribeEndpoint shows it."""
        images = [container.image for container in self._containers if container.image]
        return {
            "VariantName": self.name,
            "DeployedImages": images or None,
            "CurrentWeight": self.weight,
            "DesiredWeight": self.weight,
            "CurrentInstanceCount": len(self.instances),
            "DesiredInstanceCount": self.wanted,
        }

    def _start(self) -> Instance:
        with self._lock:
            if self._cancelled.is_set():
                raise FleetError("The deployment was cancelled.")
            try:
                instance = Instance(self._containers, self._session, self._open_log, self._replace_in_scope)
            except ContainerError as error:
                raise FleetError(str(error)) from error
            self._starting.append(instance)
        return instance

    def _wait(self, instance: Instance) -> None:
        try:
            instance.wait_until_healthy(self._startup_seconds)
        except UnhealthyError as error:
            instance.retire(drain=False)
            raise FleetError(
                f"The {error.container} container for production variant {self.name} did not pass the ping health "
                f"check. Please check CloudWatch logs for this endpoint. {error}"
            ) from error

    def _replace(self, dead: Instance, process: ContainerProcess, status: int) -> None:
        """Put another instance in the place of one that ended by itself while it served."""
        if dead not in self.instances:
            return  # it never became healthy, and who started it knows
        message = f"The model server ended by itself with status {status}"
        lived = time.monotonic() - dead.started
        while True:
            delay = self._backoff.next_delay(lived)
            process.log.write(f"{message}; another one starts {f'in {delay:g} s' if delay else 'now'}.")
            if self._stopped.wait(delay):
                return
            try:
                new = Instance(self._containers, self._session, self._open_log, self._replace_in_scope)
            except ContainerError as error:
                message, lived = f"It could not be started: {error}", 0.0
                continue
            try:
                new.wait_until_healthy(self._startup_seconds)
                break
            except UnhealthyError as error:
                new.retire(drain=False)
                message, lived = f"The {error.container} container did not pass the ping health check", 0.0
        with self._lock:
            is_wanted = dead in self.instances and not self._stopped.is_set()
            if is_wanted:
                self.instances = [new if instance is dead else instance for instance in self.instances]
        (dead if is_wanted else new).retire(drain=False)

    def _open_log(self, stream: str) -> LogStream:
        group = f"/aws/sagemaker/Endpoints/{self._endpoint}"
        return LogStream(self._session.client("logs"), group, f"{self.name}/{stream}")


class Fleet:
    """All variants of one endpoint configuration; a shadow variant gets copies of requests and answers nobody."""

    def __init__(
        self, configuration: Record, variants: Sequence[VariantFleet], shadows: Sequence[VariantFleet] = ()
    ) -> None:
        self.configuration = configuration
        self.variants = {variant.name: variant for variant in variants}
        self.shadows = {variant.name: variant for variant in shadows}

    @property
    def all_variants(self) -> dict[str, VariantFleet]:
        """The production variants and the shadow by name."""
        return {**self.variants, **self.shadows}

    def start(self) -> None:
        """Start every instance and wait for its health check; FleetError, with nothing left running, if one fails."""
        try:
            with ThreadPoolExecutor(len(self.all_variants)) as pool:
                list(pool.map(hooks.in_request_scope(_start), self.all_variants.values()))
        except BaseException:
            self.retire(drain=False)
            raise
        for variant in self.all_variants.values():
            variant.open()

    def cancel(self) -> None:
        """Give up a start that is under way."""
        for variant in self.all_variants.values():
            variant.cancel()

    def retire(self, *, drain: bool) -> None:
        """End every instance, each after its requests if `drain`."""
        for variant in self.variants.values():
            variant.retire(drain=drain)
        for shadow in self.shadows.values():
            shadow.retire(drain=False)  # nobody waits for its answers

    def choose(self, draw: Callable[[], float] = random.random) -> str:
        """Return a production variant's name, by weight; `draw` gives a number in [0, 1)."""
        return choose({variant.name: variant.weight for variant in self.variants.values()}, draw)

    def pick(self, target: str | None) -> tuple[VariantFleet, Instance | None]:
        """Return a variant, by weight or the one asked for, and its least busy living instance."""
        variant = self.variants[target or self.choose()]
        return variant, _least_busy(variant)

    def pick_shadow(self, draw: Callable[[], float] = random.random) -> tuple[VariantFleet, Instance] | None:
        """Return where the copy of a request goes, if it is one of the sample.

        The sample is the shadow's weight relative to the production variant's; `draw` gives a number in [0, 1).
        """
        for shadow in self.shadows.values():
            (production,) = self.variants.values()
            instance = _least_busy(shadow)
            if instance and draw() * production.weight < shadow.weight:
                return shadow, instance
        return None

    def descriptions(self) -> Record:
        """Return the variants as DescribeEndpoint shows them."""
        shadows = [variant.description() for variant in self.shadows.values()]
        return {
            "ProductionVariants": [variant.description() for variant in self.variants.values()],
            **({"ShadowProductionVariants": shadows} if shadows else {}),
        }


def _least_busy(variant: VariantFleet) -> Instance | None:
    living = [instance for instance in variant.instances if instance.is_alive()]
    return min(living, key=lambda instance: instance.busy, default=None)


def _start(variant: VariantFleet) -> None:
    variant.prepare()
    variant.scale(variant.wanted)
