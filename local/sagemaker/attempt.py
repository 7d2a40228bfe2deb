"""One attempt of a training job: the processes of all its hosts, from their start until the last has ended."""

import queue
import threading
import time
from collections.abc import Callable, Mapping
from enum import Enum

from local.sagemaker.children import Child

_STOP_GRACE_SECONDS = 120.0  # SageMaker sends SIGTERM and, two minutes later, SIGKILL
_LOOK_EVERY_SECONDS = 0.5


class End(Enum):
    """Why an attempt ended."""

    COMPLETED = "every process ended with status 0"
    FAILED = "a process ended with another status"
    STOPPED = "somebody stopped the job"
    INTERRUPTED = "the spot instances were taken away"
    TIME_LIMIT = "its time was over"


class Attempt:
    """The children by host. `failed` holds the first host that failed, with its exit status."""

    def __init__(self, children: Mapping[str, Child]) -> None:
        self._children = children
        self._events: queue.Queue[End | tuple[str, int]] = queue.Queue()
        self.failed: tuple[str, int] | None = None
        for host, child in children.items():
            threading.Thread(target=self._watch, args=(host, child), name=f"watch-{host}", daemon=True).start()

    def stop(self) -> None:
        """End the attempt, from any thread."""
        self._events.put(End.STOPPED)

    def wait(self, seconds: float, look: Callable[[], End | None]) -> End:
        """Return why the attempt ended, after at most `seconds`; `look` is called all the while and may end it.

        What `look` raises ends it too.
        """
        end = None
        try:
            end = self._wait(time.monotonic() + seconds, look)
        finally:
            if end is not End.COMPLETED:
                self._end_all()
        return end

    def _wait(self, deadline: float, look: Callable[[], End | None]) -> End:
        running = set(self._children)
        while running:
            left = deadline - time.monotonic()
            if left <= 0:
                return End.TIME_LIMIT
            try:
                event = self._events.get(timeout=min(left, _LOOK_EVERY_SECONDS))
            except queue.Empty:
                asked = look()
                if asked:
                    return asked
                continue
            if isinstance(event, End):
                return event
            host, status = event
            running.discard(host)
            if status:
                self.failed = event
                return End.FAILED
        return End.COMPLETED

    def _watch(self, host: str, child: Child) -> None:
        self._events.put((host, child.wait()))

    def _end_all(self) -> None:
        """Ask every process at once, so that they share the time until they are killed."""
        for child in self._children.values():
            child.terminate()
        deadline = time.monotonic() + _STOP_GRACE_SECONDS
        for child in self._children.values():
            child.end(max(0.0, deadline - time.monotonic()))
