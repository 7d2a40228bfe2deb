"""The processes that jobs and model servers are: started with their own environment, read line by line, ended whole."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from local import processes

_running: set["Child"] = set()
_lock = threading.Lock()
_closed = False
# What a process wrote before its end is read within moments; longer waits only for one that has left its group.
_LAST_LINES_SECONDS = 2.0


class ShutdownError(Exception):
    """The local cloud is stopping: no process is started any more."""


def state_folder() -> Path:
    """Return the folder of the local cloud's state."""
    return Path(os.environ.get("ASHLAR_LOCAL_STATE", "local/.state")).resolve()


class Child:
    """A process that leads a group of its own; each line it writes goes to `write_line`."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        write_line: Callable[[str], None],
        inherited: Sequence[int] = (),
    ) -> None:
        with _lock:
            if _closed:
                raise ShutdownError("The local cloud is stopping.")
            self._process: subprocess.Popen[str] = processes.spawn(
                state_folder(),
                list(command),
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                pass_fds=tuple(inherited),
            )
            _running.add(self)
        self.pid = self._process.pid
        self._ending = threading.Lock()
        self._ended = False
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout, write_line), daemon=True)
        self._reader.start()

    def is_running(self) -> bool:
        """Return whether the process has not ended."""
        return self._process.poll() is None

    def wait(self, seconds: float | None = None) -> int:
        """Return the exit status once the process and its whole group have ended; TimeoutError after `seconds`.

        A descendant in a session of its own may live on and hold the output open: it is not waited for.
        """
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired as expired:
            raise TimeoutError(f"process {self.pid} still runs") from expired
        with self._ending:
            if not self._ended:
                # What the process left behind in its group must not outlive it, nor hold its output open.
                processes.signal_group(self.pid, signal.SIGKILL)
                self._ended = True
        self._reader.join(_LAST_LINES_SECONDS)
        processes.forget(state_folder(), self.pid)
        with _lock:
            _running.discard(self)
        return status

    def terminate(self) -> None:
        """Ask the process to end."""
        if self.is_running():
            processes.signal_group(self.pid, signal.SIGTERM)

    def end(self, grace_seconds: float) -> int:
        """Ask the process to end, kill it after `grace_seconds`, and return its exit status."""
        self.terminate()
        try:
            return self.wait(grace_seconds)
        except TimeoutError:
            processes.signal_group(self.pid, signal.SIGKILL)
            return self.wait()

    @staticmethod
    def _read(output: IO[str], write_line: Callable[[str], None]) -> None:
        with output:
            for line in output:
                write_line(line.rstrip("\n"))


def shut_down() -> None:
    """End every process and start none any more."""
    global _closed
    with _lock:
        _closed = True
        running = list(_running)
    for child in running:
        processes.signal_group(child.pid, signal.SIGKILL)
