"""One endpoint instance: a process per container of its model, and the requests it is working on."""

import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from local.sagemaker import chain
from local.sagemaker.connections import Response
from local.sagemaker.container_process import ContainerProcess
from local.sagemaker.containers import Container
from local.sagemaker.logs import LogStream
from local.sagemaker.roles import RoleSession

_LONGEST_REQUEST_SECONDS = 60.0


class Instance:
    """The processes of all containers; `open_log` gets a stream's name without the variant's.

    `on_end` is called, in a thread of its own, once a process has ended by itself: with the instance, that process and
    its exit status.
    """

    def __init__(
        self,
        containers: Sequence[Container],
        session: RoleSession,
        open_log: Callable[[str], LogStream],
        on_end: Callable[["Instance", ContainerProcess, int], None],
    ) -> None:
        self.id = f"i-{secrets.token_hex(8)}"
        self.started = time.monotonic()
        self._on_end = on_end
        self.processes: list[ContainerProcess] = []
        self._busy = 0
        self._changed = threading.Condition()
        self._retired = False
        self._ended = False

        def open_stream(container: str) -> LogStream:
            return open_log(self.id if len(containers) == 1 else f"{self.id}/{container}")

        try:
            for container in containers:
                self.processes.append(container.start(session, open_stream))
        except BaseException:
            self.retire(drain=False)
            raise
        for process in self.processes:
            threading.Thread(target=self._watch, args=(process,), name=f"watch-{self.id}", daemon=True).start()

    @property
    def busy(self) -> int:
        """How many requests the instance works on."""
        return self._busy

    def is_alive(self) -> bool:
        """Return whether every process runs."""
        return all(process.is_alive() for process in self.processes)

    def wait_until_healthy(self, seconds: float) -> None:
        """Wait until every container's /ping answers 200; UnhealthyError, which names the first that does not."""
        deadline = time.monotonic() + seconds
        for process in self.processes:
            process.wait_until_healthy(deadline - time.monotonic())

    async def answer(self, headers: Mapping[str, str], body: bytes, seconds: float) -> Response:
        """Return the last container's answer to a request; ContainerFailure where one of them fails."""
        return await chain.answer(self.processes, headers, body, seconds)

    @property
    def is_retired(self) -> bool:
        """Whether it takes no more requests."""
        return self._retired

    def acquire(self) -> bool:
        """Count a request in; False when the instance takes none any more."""
        with self._changed:
            if self._retired:
                return False
            self._busy += 1
            return True

    def release(self) -> None:
        """Count a request out."""
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()

    def retire(self, *, drain: bool = True) -> None:
        """End the processes, after the requests they work on if `drain`."""
        with self._changed:
            self._retired = True
            if drain:
                self._changed.wait_for(lambda: self._busy == 0, _LONGEST_REQUEST_SECONDS)
        for process in self.processes:
            process.end()
        for process in self.processes:
            process.log.close()

    def _watch(self, process: ContainerProcess) -> None:
        status = process.wait()
        with self._changed:
            is_first = not self._retired and not self._ended
            self._ended = True
        if is_first:
            self._on_end(self, process, status)
