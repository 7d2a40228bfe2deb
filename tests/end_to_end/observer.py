"""Looks at the machine's processes, not at what the local cloud says of itself."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import psutil

KINDS = {
    "TRAINING_JOB_NAME": "training",
    "PROCESSING_JOB_NAME": "processing",
    "SAGEMAKER_BIND_TO_PORT": "model server",
}
CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_WEB_IDENTITY_TOKEN_FILE")


@dataclass(frozen=True)
class ObservedProcess:
    """A process that ran: what for, its job's name, and whether it was given credentials of AWS."""

    kind: str
    name: str
    has_credentials: bool


@dataclass
class ProcessObserver:
    """While entered, notes every job and model server of the local cloud with this state directory."""

    state: Path
    seen: set[ObservedProcess] = field(default_factory=set)

    def __enter__(self) -> ProcessObserver:
        self._ended = threading.Event()
        self._settled: set[int] = set()
        self._young: dict[int, float] = {}
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._watcher.join()

    def of(self, kind: str) -> set[ObservedProcess]:
        """The processes of one kind."""
        return {process for process in self.seen if process.kind == kind}

    def _watch(self) -> None:
        # The shortest job lives for a tenth of a second: look often, but only at processes that are new.
        while not self._ended.wait(0.01):
            for pid in set(psutil.pids()) - self._settled:
                born = self._young.setdefault(pid, time.monotonic())
                # A process has its environment only once it has become its program.
                if self._look(pid) or time.monotonic() - born > 1:
                    self._settled.add(pid)

    def _look(self, pid: int) -> bool:
        try:
            environment = psutil.Process(pid).environ()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False
        kind = next((kind for variable, kind in KINDS.items() if variable in environment), None)
        if kind is None or not environment.get("TMPDIR", "").startswith(str(self.state)):
            return False
        name = environment.get("TRAINING_JOB_NAME") or environment.get("PROCESSING_JOB_NAME", "")
        self.seen.add(ObservedProcess(kind, name, any(each in environment for each in CREDENTIALS)))
        return True
