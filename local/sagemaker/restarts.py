"""Another instance where one ended by itself, and how long to wait for it."""

import threading
import time
from collections.abc import Callable

from local.sagemaker.container_process import ContainerProcess, UnhealthyError
from local.sagemaker.containers import ContainerError
from local.sagemaker.instances import Instance

_LONGEST_SECONDS = 60.0
# Who lived so long did not end because of how it starts.
_SETTLED_SECONDS = 60.0


class Backoff:
    """Delays between restarts: none at first, then a second, and twice as long each time until one lives."""

    def __init__(self) -> None:
        self._delay = 0.0

    def next_delay(self, lived_seconds: float) -> float:
        """Return how long to wait, in seconds, after a server that lived so long."""
        if lived_seconds >= _SETTLED_SECONDS:
            self._delay = 0.0
        delay = self._delay
        self._delay = min(2 * delay or 1.0, _LONGEST_SECONDS)
        return delay


class Restarts:
    """Of one variant. `start` starts an instance, which has so many seconds to be healthy; `stopped` ends it all."""

    def __init__(self, start: Callable[[], Instance], startup_seconds: float, stopped: threading.Event) -> None:
        self._start = start
        self._startup_seconds = startup_seconds
        self._stopped = stopped
        self._backoff = Backoff()

    def after(self, dead: Instance, process: ContainerProcess, status: int) -> Instance | None:
        """Return a healthy instance, after as many tries as it takes; None once the variant is stopped."""
        message = f"The model server ended by itself with status {status}"
        lived = time.monotonic() - dead.started
        while True:
            delay = self._backoff.next_delay(lived)
            process.log.write(f"{message}; another one starts {f'in {delay:g} s' if delay else 'now'}.")
            if self._stopped.wait(delay):
                return None
            try:
                new = self._start()
            except ContainerError as error:
                message, lived = f"It could not be started: {error}", 0.0
                continue
            try:
                new.wait_until_healthy(self._startup_seconds)
            except UnhealthyError as error:
                new.retire(drain=False)
                message, lived = f"The {error.container} container did not pass the ping health check", 0.0
            else:
                return new
