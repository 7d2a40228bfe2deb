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
from pathlib import Path
from typing import Any

_CHILDREN = "children"


def birth(pid: int) -> str | None:
    """When process `pid` started, in whatever form the system tells; None if there is none or it has ended."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            return None
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return None if fields[0] in "ZX" else f"{boot}/{fields[19]}"
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    state, _, started = answer.partition(" ")
    return started.strip() if started and not state.startswith("Z") else None


def is_same(pid: int, born: str) -> bool:
    """Whether process `pid` is still the one that started at `born`."""
    return birth(pid) == born


def spawn(state: Path, command: list[str], **options: Any) -> subprocess.Popen[Any]:
    """Start `command` as the leader of a process group of its own, and record the group under `state`.

    The record outlives the server, so that `stop` finds the group even after the server was killed.
    """
    process: subprocess.Popen[Any] = subprocess.Popen(command, start_new_session=True, **options)  # noqa: S603
    records = state / _CHILDREN
    records.mkdir(parents=True, exist_ok=True)
    (records / str(process.pid)).write_text(birth(process.pid) or "")
    return process


def forget(state: Path, pid: int) -> None:
    """Drop the record of a process group that has ended."""
    (state / _CHILDREN / str(pid)).unlink(missing_ok=True)


def end_recorded(state: Path) -> None:
    """Kill every recorded process group that is still ours."""
    records = state / _CHILDREN
    for record in records.iterdir() if records.is_dir() else ():
        group, born = int(record.name), record.read_text()
        # A living leader with another birth means that the id was handed out again: the group is long gone. A group
        # whose leader has ended keeps its id reserved while it has members.
        if birth(group) in (None, born):
            signal_group(group, signal.SIGKILL)
        record.unlink(missing_ok=True)


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to a process group; one that is gone is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def wait_until_gone(pid: int, born: str, seconds: float) -> bool:
    """Wait until the process has ended; False when it has not within `seconds`."""
    deadline = time.monotonic() + seconds
    while is_same(pid, born):
        if time.monotonic() > deadline:
            return False
        # The process need not be our child, so there is nothing portable to wait on but its entry in the table.
        time.sleep(0.02)
    return True
