"""The instances of a variant that start, until they serve."""

import threading
from collections.abc import Callable, Sequence

from local.sagemaker.container_process import UnhealthyError
from local.sagemaker.containers import ContainerError
from local.sagemaker.instances import Instance


class FleetError(Exception):
    """The fleet cannot serve; `str()` is the endpoint's FailureReason."""


class Starting:
    """Of one variant. `new` makes an instance, which has so many seconds to be healthy; `stopped` ends it all.

    `lock` is the variant's own: under it an instance goes from here to those that serve, in one step.
    """

    def __init__(
        self,
        variant: str,
        new: Callable[[], Instance],
        startup_seconds: float,
        lock: threading.Lock,
        stopped: threading.Event,
    ) -> None:
        self.instances: list[Instance] = []
        self.cancelled = threading.Event()
        self._variant = variant
        self._new = new
        self._startup_seconds = startup_seconds
        self._lock = lock
        self._stopped = stopped

    def grow(self, more: int) -> list[Instance]:
        """Return `more` healthy instances, listed here still; FleetError, with none of them left, if one fails."""
        started: list[Instance] = []
        try:
            for _ in range(more):
                started.append(self._start())
            for instance in started:
                self._wait(instance)
        except BaseException:
            self.give_up(started)
            raise
        return started

    def forget(self, started: Sequence[Instance]) -> None:
        """List these no longer; the caller holds the lock."""
        self.instances = [instance for instance in self.instances if instance not in started]

    def give_up(self, started: Sequence[Instance]) -> None:
        """End these, which serve nothing."""
        for instance in started:
            instance.retire(drain=False)
        with self._lock:
            self.forget(started)

    def cancel(self) -> None:
        """Give up every start that is under way, and refuse others."""
        with self._lock:
            self.cancelled.set()
            starting = list(self.instances)
        for instance in starting:
            instance.retire(drain=False)

    def _start(self) -> Instance:
        with self._lock:
            if self.cancelled.is_set() or self._stopped.is_set():
                raise FleetError("The deployment was cancelled.")
            try:
                instance = self._new()
            except ContainerError as error:
                raise FleetError(str(error)) from error
            self.instances.append(instance)
        return instance

    def _wait(self, instance: Instance) -> None:
        try:
            instance.wait_until_healthy(self._startup_seconds)
        except UnhealthyError as error:
            raise FleetError(
                f"The {error.container} container for production variant {self._variant} did not pass the ping health "
                f"check. Please check CloudWatch logs for this endpoint. {error}"
            ) from error
