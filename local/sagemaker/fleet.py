"""The instances of all variants of an endpoint that were started together: one side of a blue/green update."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local import hooks
from local.sagemaker.children import ShutdownError
from local.sagemaker.errors import ApiError
from local.sagemaker.instances import Instance, UnhealthyError
from local.sagemaker.jobs import JobFolder
from local.sagemaker.logs import LogStream
from local.sagemaker.roles import RoleSession
from local.sagemaker.state import now
from local.sagemaker.storage import DataError, download_archive
from local.sagemaker.weights import choose

Record = dict[str, Any]
_DEFAULT_STARTUP_SECONDS = 480.0


class FleetError(Exception):
    """The fleet cannot serve; `str()` is the endpoint's FailureReason."""


class VariantFleet:
    """The instances of one variant."""

    def __init__(self, endpoint: str, variant: Record, model: Record) -> None:
        self.name = str(variant["VariantName"])
        self.weight = float(variant["InitialVariantWeight"])
        self.wanted = int(variant["InitialInstanceCount"])
        self.instances: list[Instance] = []
        self._endpoint = endpoint
        self._timeout = float(variant.get("ContainerStartupHealthCheckTimeoutInSeconds") or _DEFAULT_STARTUP_SECONDS)
        self._model = model
        self._container: Record = model["_containers"][0]
        self._cancelled = False
        self._starting: list[Instance] = []
        self._lock = threading.Lock()
        self._folder = JobFolder(f"{endpoint}-{self.name}")

    def prepare(self) -> None:
        """Fetch the model with its role."""
        url = self._container["ModelDataUrl"]
        try:
            self._session = RoleSession(
                str(self._model["ExecutionRoleArn"]),
                self._endpoint,
                source_arn=str(self._model["ModelArn"]),
                network=self._model,
            )
            download_archive(self._session.client("s3"), url, self._model_folder)
        except (ClientError, BotoCoreError, DataError, ApiError) as error:
            raise FleetError(
                f'Failed to download model data for container "container_1" of production variant {self.name} from URL '
                f'"{url}". Please ensure that there is an object located at the URL and that the role passed to '
                f"CreateModel has permissions to download the object. {error}"
            ) from error

    def scale(self, count: int) -> None:
        """Start instances or retire some, until `count` serve."""
        self.wanted = count
        started = [self._start() for _ in range(count - len(self.instances))]
        for instance in started:
            self._wait(instance)
        self._starting.clear()
        surplus = self.instances[count:]
        self.instances = [*self.instances, *started][:count]
        for instance in surplus:
            instance.retire()

    def cancel(self) -> None:
        """Give up a start that is under way."""
        with self._lock:
            self._cancelled = True
            starting = list(self._starting)
        for instance in starting:
            instance.retire(drain=False)

    def retire(self, *, drain: bool) -> None:
        """End every instance and remove the model's files."""
        instances = {*self.instances, *self._starting}
        for instance in instances:
            instance.retire(drain=drain)
        self._folder.remove()

    def description(self) -> Record:
        """Return the variant as DescribeEndpoint shows it."""
        image = self._container.get("Image")
        images = [{"SpecifiedImage": image, "ResolvedImage": image, "ResolutionTime": now()}] if image else None
        return {
            "VariantName": self.name,
            "DeployedImages": images,
            "CurrentWeight": self.weight,
            "DesiredWeight": self.weight,
            "CurrentInstanceCount": len(self.instances),
            "DesiredInstanceCount": self.wanted,
        }

    @property
    def _model_folder(self) -> Path:
        return self._folder.opt_ml / "model"

    def _start(self) -> Instance:
        given = self._container.get("Environment", {})
        submitted = given.get("SAGEMAKER_SUBMIT_DIRECTORY") or "/opt/ml/model/code"
        if submitted.startswith("s3://"):
            raise FleetError(
                f"Production variant {self.name}: SAGEMAKER_SUBMIT_DIRECTORY {submitted} is not supported by the local "
                "cloud. Carry the inference code inside model.tar.gz under code/."
            )
        environment = self._folder.environment(self._session, given)
        environment |= {"SM_MODEL_DIR": str(self._model_folder), "SAGEMAKER_BASE_DIR": str(self._folder.opt_ml)}
        with self._lock:
            if self._cancelled:
                raise FleetError("The deployment was cancelled.")
            try:
                instance = Instance(
                    model=self._model_folder,
                    code=self._folder.inside(submitted.removeprefix("file://")),
                    program=given.get("SAGEMAKER_PROGRAM") or "inference.py",
                    environment=environment,
                    open_log=self._open_log,
                )
            except (ShutdownError, DataError) as error:
                raise FleetError(str(error)) from error
            self._starting.append(instance)
        return instance

    def _wait(self, instance: Instance) -> None:
        try:
            instance.wait_until_healthy(self._timeout)
        except UnhealthyError as error:
            instance.retire(drain=False)
            raise FleetError(
                f"The primary container for production variant {self.name} did not pass the ping health check. Please "
                f"check CloudWatch logs for this endpoint. {error}"
            ) from error

    def _open_log(self, instance_id: str) -> LogStream:
        group = f"/aws/sagemaker/Endpoints/{self._endpoint}"
        return LogStream(self._session.client("logs"), group, f"{self.name}/{instance_id}")


class Fleet:
    """All variants of one endpoint configuration."""

    def __init__(self, configuration: Record, variants: Sequence[VariantFleet]) -> None:
        self.configuration = configuration
        self.variants = {variant.name: variant for variant in variants}

    def start(self) -> None:
        """Start every instance and wait for its health check; FleetError, with nothing left running, if one fails."""
        try:
            with ThreadPoolExecutor(len(self.variants)) as pool:
                list(pool.map(hooks.in_request_scope(_start), self.variants.values()))
        except BaseException:
            self.retire(drain=False)
            raise

    def cancel(self) -> None:
        """Give up a start that is under way."""
        for variant in self.variants.values():
            variant.cancel()

    def retire(self, *, drain: bool) -> None:
        """End every instance, each after its requests if `drain`."""
        for variant in self.variants.values():
            variant.retire(drain=drain)

    def pick(self, target: str | None) -> tuple[VariantFleet, Instance | None]:
        """Return a variant, by weight or the one asked for, and its least busy living instance."""
        name = target or choose({variant.name: variant.weight for variant in self.variants.values()})
        variant = self.variants[name]
        living = [instance for instance in variant.instances if instance.is_alive()]
        return variant, min(living, key=lambda instance: instance.busy, default=None)

    def descriptions(self) -> list[Record]:
        """Return the variants as DescribeEndpoint shows them."""
        return [variant.description() for variant in self.variants.values()]


def _start(variant: VariantFleet) -> None:
    variant.prepare()
    variant.scale(variant.wanted)
