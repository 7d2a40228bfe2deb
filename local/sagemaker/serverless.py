"""Serverless inference: a variant's process starts with a request that finds none free, and ends when it is idle.

Each process works on one request at a time, as in AWS. Provisioned concurrency keeps so many of them ready.
"""

import asyncio
import contextvars
import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from local import hooks
from local.sagemaker.container_process import ContainerProcess
from local.sagemaker.containers import ContainerError
from local.sagemaker.errors import ApiError, validation
from local.sagemaker.instances import Instance
from local.sagemaker.starting import FleetError
from local.sagemaker.timing import timing
from local.sagemaker.variant_fleet import Record, VariantFleet
from local.sagemaker.variants import check_concurrency

# AWS names no time; processes are seen to live for some minutes after their last request.
_IDLE_SECONDS = 300.0
_THROTTLED_STATUS = 429
_COLD_STARTS = ThreadPoolExecutor(32, thread_name_prefix="cold-start")


class ServerlessVariant(VariantFleet):
    """A variant whose `instances` are the processes that there are just now. Requests come on the event loop only."""

    def __init__(self, endpoint: str, variant: Record, model: Record, configuration: Record) -> None:
        self.config: Record = dict(variant["ServerlessConfig"])
        ready = self.config.get("ProvisionedConcurrency", 0)
        super().__init__(endpoint, {**variant, "InitialInstanceCount": ready}, model, configuration)
        self._coming = 0
        self._timers: dict[Instance, asyncio.TimerHandle] = {}
        self._cold_start_in_scope = hooks.in_request_scope(self._cold_start)

    async def acquire(self) -> Instance:
        """Return a process that works on nothing else, started now if need be; it counts the request.

        ThrottlingException above MaxConcurrency; FleetError where the process does not become healthy.
        """
        most = int(self.config["MaxConcurrency"])
        if sum(self.loads()) + self._coming >= most:
            raise ApiError(
                "ThrottlingException",
                f"Variant {self.name} of endpoint {self._endpoint} works on as many requests as its MaxConcurrency, "
                f"{most}, allows.",
                _THROTTLED_STATUS,
            )
        for instance in self.instances:
            if not instance.busy and instance.is_alive() and instance.acquire():
                return instance
        self._coming += 1
        try:
            context = contextvars.copy_context()
            work = asyncio.get_running_loop().run_in_executor(_COLD_STARTS, context.run, self._cold_start_in_scope)
            return await work
        finally:
            self._coming -= 1

    def another(self, tried: Collection[Instance]) -> Instance | None:
        """Return none: each process works on one request at a time."""
        return None

    def rest(self, instance: Instance) -> None:
        """End a process that has answered if no other request comes to it in time."""
        if known := self._timers.pop(instance, None):
            known.cancel()
        if not self._stopped.is_set() and instance in self.instances:
            wait = timing().shortened(_IDLE_SECONDS)
            self._timers[instance] = asyncio.get_running_loop().call_later(wait, self._end_idle, instance)

    def reconfigure(self, changes: Record) -> None:
        """Change the concurrency while requests come; FleetError, with what there was, if a process fails."""
        before, self.config = self.config, {**self.config, **changes}
        try:
            self.scale(int(self.config.get("ProvisionedConcurrency", 0)))
        except FleetError:
            self.config = before
            raise

    def prepare(self) -> None:
        """Fetch the model's files, and see that there is something to run: no process will tell yet."""
        super().prepare()
        try:
            for container in self._containers:
                container.check()
        except ContainerError as error:
            raise FleetError(str(error)) from error

    def scale(self, count: int) -> None:
        """Keep `count` processes ready; of the others the idle ones end. FleetError, with what there was, if one fails.

        One that dies before it is listed is forgotten as any other.
        """
        with self._wanting(count):
            started = self._starting.grow(count - len(self.instances))
        with self._lock:
            self._starting.forget(started)
            self.instances = [*self.instances, *started]
            idle = [instance for instance in self.instances if not instance.busy]
            surplus = idle[: max(0, len(self.instances) - count)]
            self.instances = [instance for instance in self.instances if instance not in surplus]
        self._replace_dead(started)
        for instance in surplus:
            instance.retire()

    def description(self) -> Record:
        """Return the variant as DescribeEndpoint shows it."""
        counts = {"CurrentInstanceCount": 0, "DesiredInstanceCount": 0, "CurrentServerlessConfig": self.config}
        return {**super().description(), **counts}

    def _cold_start(self) -> Instance:
        (instance,) = self._starting.grow(1)
        with self._lock:
            is_taken = not self._stopped.is_set() and instance.acquire()
            if is_taken:
                self._starting.forget([instance])
                self.instances = [*self.instances, instance]
        if not is_taken:
            self._starting.give_up([instance])
            raise FleetError("The deployment was replaced.")
        return instance

    def _end_idle(self, instance: Instance) -> None:
        self._timers.pop(instance, None)
        with self._lock:
            is_free = instance in self.instances and not instance.busy and not self._stopped.is_set()
            if not is_free or len(self.instances) <= self.wanted:
                return
            self.instances = [other for other in self.instances if other is not instance]
        threading.Thread(target=instance.retire, name=f"idle-{instance.id}", daemon=True).start()

    def _replace(self, dead: Instance, process: ContainerProcess, status: int) -> None:
        """Forget a process that ended by itself: the next request starts another one."""
        process.log.write(f"The model server ended by itself with status {status}.")
        with self._lock:
            is_known = dead in self.instances
            self.instances = [other for other in self.instances if other is not dead]
        if is_known:
            dead.retire(drain=False)


def check_update(variant: VariantFleet, change: Record) -> None:
    """Refuse a change of weights and capacities that does not fit the kind of the variant."""
    given = change.get("ServerlessUpdateConfig")
    if isinstance(variant, ServerlessVariant):
        if change.get("DesiredInstanceCount") is not None:
            raise validation(f"Variant {variant.name} is serverless: it has no instances.")
        check_concurrency({**variant.config, **(given or {})})
    elif given:
        raise validation(f"Variant {variant.name} has instances: it takes no ServerlessUpdateConfig.")
