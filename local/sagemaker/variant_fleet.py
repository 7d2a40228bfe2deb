"""The instances of one variant of an endpoint: they start, are replaced where they die, and retire."""

import contextlib
import threading
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from local import hooks
from local.sagemaker import capture, containers
from local.sagemaker.capture import Capture
from local.sagemaker.container_process import ContainerProcess
from local.sagemaker.containers import ContainerError
from local.sagemaker.endpoint_metrics import Meter
from local.sagemaker.errors import ApiError
from local.sagemaker.instances import Instance
from local.sagemaker.logs import LogStream
from local.sagemaker.restarts import Restarts
from local.sagemaker.roles import RoleSession
from local.sagemaker.starting import FleetError, Starting
from local.sagemaker.timing import timing

Record = dict[str, Any]
_DEFAULT_STARTUP_SECONDS = 480.0
_DEFAULT_DOWNLOAD_SECONDS = 3600.0


class VariantFleet:
    """The instances of one variant."""

    def __init__(self, endpoint: str, variant: Record, model: Record, configuration: Record) -> None:
        self.name = str(variant["VariantName"])
        self.weight = float(variant["InitialVariantWeight"])
        self.wanted = int(variant["InitialInstanceCount"])
        self.instances: list[Instance] = []
        self._endpoint = endpoint
        startup = variant.get("ContainerStartupHealthCheckTimeoutInSeconds") or _DEFAULT_STARTUP_SECONDS
        download = variant.get("ModelDataDownloadTimeoutInSeconds") or _DEFAULT_DOWNLOAD_SECONDS
        startup_seconds, self._download_seconds = (timing().limit(float(each)) for each in (startup, download))
        self._model = model
        self._containers = containers.of(model, owner=f"{endpoint}-{self.name}", variant=self.name)
        self._replaced: set[Instance] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._starting = Starting(self.name, self._new, startup_seconds, self._lock, self._stopped)
        self._restarts = Restarts(self._new, startup_seconds, self._stopped)
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
        """Start instances or retire some, until `count` serve; FleetError, with what there was, if one fails."""
        with self._wanting(count):
            if count > len(self.instances):
                self._starting.cancelled.wait(timing().instance_start_seconds)
            started = self._starting.grow(count - len(self.instances))
        with self._lock:
            self._starting.forget(started)
            surplus = self.instances[count:]
            self.instances = [*self.instances, *started][:count]
        self._replace_dead(started)
        for instance in surplus:
            instance.retire()

    def cancel(self) -> None:
        """Give up a start that is under way."""
        self._starting.cancel()

    def retire(self, *, drain: bool) -> None:
        """End every instance and remove the model's files."""
        self._stopped.set()
        with self._lock:
            instances = {*self.instances, *self._starting.instances}
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

    @contextlib.contextmanager
    def _wanting(self, count: int) -> Iterator[None]:
        """Want `count` instances; what was wanted before if the block fails."""
        before, self.wanted = self.wanted, count
        try:
            yield
        except BaseException:
            self.wanted = before
            raise

    def _new(self) -> Instance:
        return Instance(self._containers, self._session, self._open_log, self._replace_in_scope)

    def _replace_dead(self, started: Sequence[Instance]) -> None:
        """Replace those of the instances just listed that have ended since their health check, when nobody cared."""
        for instance in started:
            ended = next((process for process in instance.processes if not process.is_alive()), None)
            if ended:
                arguments = (instance, ended, ended.wait())
                threading.Thread(target=self._replace_in_scope, args=arguments, name=instance.id, daemon=True).start()

    def _replace(self, dead: Instance, process: ContainerProcess, status: int) -> None:
        """Put another instance in the place of one that ended by itself while it served."""
        with self._lock:
            if dead not in self.instances or dead in self._replaced:
                return  # it is not listed (yet), or another thread replaces it
            self._replaced.add(dead)
        new = self._restarts.after(dead, process, status)
        if new is None:
            return
        with self._lock:
            is_wanted = dead in self.instances and not self._stopped.is_set()
            if is_wanted:
                self.instances = [new if instance is dead else instance for instance in self.instances]
            self._replaced.discard(dead)
        (dead if is_wanted else new).retire(drain=False)

    def _open_log(self, stream: str) -> LogStream:
        group = f"/aws/sagemaker/Endpoints/{self._endpoint}"
        return LogStream(self._session.client("logs"), group, f"{self.name}/{stream}")
