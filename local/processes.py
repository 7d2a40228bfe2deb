"""Operating system processes: which one is meant, after a restart too, and how to end whole groups of them.

A process id alone proves nothing after a crash or a reboot: the system hands it out again. Together with the time its
process started it is unique.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

_CHILDREN = "children"
_PROC = Path("/proc")
_KILL_SECONDS = 5.0


def birth(pid: int) -> str | None:
    """When process `pid` started, in whatever form the system tells; None if there is none or it has ended."""
    stat = _PROC / f"{pid}/stat"
    if (_PROC / "self/stat").exists():
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            return None
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return None if fields[0] in "ZX" else f"{boot}/{fields[19]}"
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    done = subprocess.run(  # noqa: S603  # nosec B603 # our own or the user's own command, no shell
        command, capture_output=True, text=True, check=False
    )
    state, _, started = done.stdout.strip().partition(" ")
    return started.strip() if started and not state.startswith("Z") else None


def is_same(pid: int, born: str) -> bool:
    """Whether process `pid` is still the one that started at `born`."""
    return birth(pid) == born


def spawn(state: Path, command: list[str], **options: Any) -> subprocess.Popen[Any]:
    """Start `command` as the leader of a process group of its own, and record the group under `state`.

    The record outlives the server, so that `stop` finds the group even after the server was killed.
    """
    records = state / _CHILDREN
    records.mkdir(exist_ok=True)  # not its parents: a state that was removed must not come back
    process: subprocess.Popen[Any] = subprocess.Popen(  # noqa: S603  # nosec B603 # our own or the user's own command, no shell
        command, start_new_session=True, **options
    )
    try:
        (records / str(process.pid)).write_text(birth(process.pid) or "")
    except OSError:
        signal_group(process.pid, signal.SIGKILL)
        raise
    return process


def forget(state: Path, pid: int) -> None:
    """Drop the record of a process group that has ended."""
    (state / _CHILDREN / str(pid)).unlink(missing_ok=True)


def end_recorded(state: Path) -> None:
    """Kill every recorded process group that is still ours, and wait until they have ended."""
    records = state / _CHILDREN
    killed = set()
    for record in records.iterdir() if records.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):  # a child's own end drops its record too
            group, born = int(record.name), record.read_text()
            # A living leader with another birth means that the id was handed out again: the group is long gone. A
            # group whose leader has ended keeps its id reserved while it has members.
            if birth(group) in (None, born):
                signal_group(group, signal.SIGKILL)
                killed.add(group)
        record.unlink(missing_ok=True)
    _wait_until(lambda: not any(group in killed for group in _living_groups()), _KILL_SECONDS)


def end_marked(folders: Collection[Path]) -> None:
    """Kill the processes that left our groups: those whose TMPDIR is in one of `folders`, as all our children have it.

    Only Linux shows the environment of a process; elsewhere such a process stays. Ourselves and our group are spared.
    """

    def killed_all() -> bool:
        found = list(_marked(folders))
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        return not found

    # Again until there is none: one that was just starting another is found with it the next time.
    _wait_until(killed_all, _KILL_SECONDS)


def _marked(folders: Collection[Path]) -> Iterator[int]:
    prefixes = tuple(f"TMPDIR={folder}/".encode() for folder in folders)
    for entry in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            variables = (entry / "environ").read_bytes().split(b"\0")
            if any((variable + b"/").startswith(prefixes) for variable in variables):
                pid = int(entry.name)
                if os.getpgid(pid) != os.getpgrp() and birth(pid):
                    yield pid


def _living_groups() -> Iterator[int]:
    """The process group of every process that has not ended; one that nobody has reaped yet has ended."""
    if (_PROC / "self/stat").exists():
        for entry in _PROC.glob("[0-9]*"):
            with contextlib.suppress(OSError, IndexError):
                state, _, group = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:3]
                if state not in "ZX":
                    yield int(group)
        return
    command = ["ps", "-A", "-o", "pgid=,stat="]
    listed = subprocess.run(  # noqa: S603  # nosec B603 # our own or the user's own command, no shell
        command, capture_output=True, text=True, check=False
    )
    for line in listed.stdout.splitlines():
        group, state = line.split()[:2]
        if not state.startswith("Z"):
            yield int(group)


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to a process group; one that is gone is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def wait_until_gone(pid: int, born: str, seconds: float) -> bool:
    """Wait until the process has ended; False when it has not within `seconds`."""
    return _wait_until(lambda: not is_same(pid, born), seconds)


def _wait_until(happened: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        # The processes need not be our children, so there is nothing portable to wait on but the system's table.
        time.sleep(0.02)
    return True
