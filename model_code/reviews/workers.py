"""Processes that work on a stream of tasks, with few tasks in memory at a time and the results in the tasks' order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from job import JobError

Task = TypeVar("Task")
Result = TypeVar("Result")
AHEAD = 2  # tasks in memory for each process: one in work, one waiting


class Workers:
    """Made by `workers_of`; without a pool everything is done in this process."""

    def __init__(self, pool: ProcessPoolExecutor | None, tasks: int) -> None:
        self._pool = pool
        self._tasks = tasks

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """The results in the tasks' order. An error of the tasks themselves comes after all results before it."""
        if self._pool is None:
            yield from map(function, tasks)
            return
        pending: deque[Future[Result]] = deque()
        broken = None
        stream = iter(tasks)
        while True:
            try:
                task = next(stream)
            except StopIteration:
                break
            except JobError as error:  # e.g. half a gzip file: what stands before it is still read
                broken = error
                break
            pending.append(self._pool.submit(function, task))
            if len(pending) >= self._tasks:
                yield pending.popleft().result()
        yield from map(Future.result, pending)
        if broken:
            raise broken


@contextmanager
def workers_of(processes: int) -> Iterator[Workers]:
    """`processes` 0 is one for every core that this job may use, 1 is this process alone."""
    processes = processes or _cores()
    if processes == 1:
        yield Workers(None, 0)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield Workers(pool, processes * AHEAD)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
