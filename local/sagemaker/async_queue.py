"""The queue of an asynchronous endpoint: its requests wait for an instance that is free, whichever fleet that is in."""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from local.sagemaker.async_metrics import Backlog, BacklogMeter
from local.sagemaker.async_requests import AsyncRequest
from local.sagemaker.instances import Instance
from local.sagemaker.routing import Picked
from local.sagemaker.timing import timing
from local.sagemaker.variant_fleet import VariantFleet

Record = dict[str, Any]
_LOG = logging.getLogger(__name__)
Process = Callable[[AsyncRequest, VariantFleet, Instance], Awaitable[bool]]
Expire = Callable[[AsyncRequest], Coroutine[Any, Any, None]]
# SageMaker chooses a number where the configuration names none.
_CONCURRENCY = 4
_LOOK_AGAIN_SECONDS = 1.0


class InvocationQueue:
    """Requests in their order, used on the event loop.

    `acquire` answers an instance that counts one more request, or None; `process` whether the request is done: one
    that is not comes first again. `expire` ends a request that waited longer than its time to live.
    """

    def __init__(
        self,
        endpoint: str,
        config: Callable[[], Record],
        instances: Callable[[], int],
        acquire: Callable[[], Awaitable[Picked | None]],
        process: Process,
        expire: Expire,
    ) -> None:
        self._config = config
        self._instances = instances
        self._acquire = acquire
        self._process = process
        self._expire = expire
        self._waiting: deque[AsyncRequest] = deque()
        self._working: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._dispatcher: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self.meter = BacklogMeter(endpoint, self.state)

    def put(self, request: AsyncRequest) -> None:
        """Add a request."""
        self._loop = asyncio.get_running_loop()
        self._waiting.append(request)
        self._resume()

    def wake(self) -> None:
        """Look for instances again, from any thread: some may have come."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._changed.set)

    def close(self) -> None:
        """Drop what waits, from any thread: the endpoint is deleted."""
        self._closed = True
        self.wake()
        self.meter.close()

    def state(self) -> Backlog:
        """Return the queue's present state, from any thread."""
        waiting = list(self._waiting)
        oldest = time.monotonic() - waiting[0].queued if waiting else 0.0
        return Backlog(len(waiting) + len(self._working), oldest, self._instances())

    def _resume(self) -> None:
        self._changed.set()
        if self._dispatcher is None or self._dispatcher.done():
            self._dispatcher = asyncio.get_running_loop().create_task(self._dispatch())

    async def _dispatch(self) -> None:
        while self._waiting and not self._closed:
            self._changed.clear()
            self._drop_expired()
            picked = await self._free_instance() if self._waiting else None
            if picked and self._waiting:
                self._begin(self._work(self._waiting.popleft(), *picked))
            elif picked:
                picked[1].release()
            elif self._waiting:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._patience()):
                        await self._changed.wait()

    async def _free_instance(self) -> Picked | None:
        picked = await self._acquire()
        most = (self._config().get("ClientConfig") or {}).get("MaxConcurrentInvocationsPerInstance", _CONCURRENCY)
        if picked and picked[1].busy > most:
            picked[1].release()
            return None
        return picked

    async def _work(self, request: AsyncRequest, variant: VariantFleet, instance: Instance) -> None:
        self.meter.count("TimeInBacklog", variant.name, (time.monotonic() - request.queued) * 1e6)
        is_done = await self._process(request, variant, instance)
        if not is_done and not self._closed:
            self._waiting.appendleft(request)
            self._resume()

    def _drop_expired(self) -> None:
        for request in [request for request in self._waiting if _seconds_left(request) <= 0]:
            self._waiting.remove(request)
            self._begin(self._expire(request))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._working.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        self._changed.set()
        if not task.cancelled() and (error := task.exception()):
            _LOG.error("a request of a queue was lost", exc_info=error)

    def _patience(self) -> float:
        soonest = min(_seconds_left(request) for request in self._waiting)
        # An instance that replaced a dead one tells nobody.
        return max(0.0, min(_LOOK_AGAIN_SECONDS, soonest))


def _seconds_left(request: AsyncRequest) -> float:
    return request.queued + timing().shortened(request.ttl_seconds) - time.monotonic()
