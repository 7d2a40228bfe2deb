"""Which processes run: looked up by what they were started with, on every system that shows it to their owner."""

from __future__ import annotations

import os
from collections.abc import Callable

import psutil

Environment = dict[str, str]


def running(matches: Callable[[list[str], Environment], bool]) -> list[psutil.Process]:
    """The processes, without ourselves, whose command line and environment match."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and matches(process.cmdline(), process.environ()):
                found.append(process)
        except (psutil.Error, OSError):  # ended meanwhile, or somebody else's
            continue
    return found
