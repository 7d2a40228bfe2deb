"""Looks at the machine's processes, not at what the local cloud says of itself."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import psutil

from tests.local.cloud import LocalCloud

KINDS = {
    "TRAINING_JOB_NAME": "training",
    "PROCESSING_JOB_NAME": "processing",
    "SAGEMAKER_BIND_TO_PORT": "model server",
}


@dataclass(frozen=True)
class ObservedProcess:
    """A process that ran: what for, its job's name, whose credentials it held as STS tells."""

    kind: str
    name: str
    identity: str


@dataclass
class ProcessObserver:
    """While entered, notes every job and model server of the local cloud with this state directory."""

    state: Path
    seen: set[ObservedProcess] = field(default_factory=set)

    def __enter__(self) -> ProcessObserver:
        self._ended = threading.Event()
        self._settled: set[int] = set()
        self._young: dict[int, float] = {}
        self._identities = ThreadPoolExecutor(4)
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._watcher.join()
        self._identities.shutdown()

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
        # At once, while the job runs: its credentials end with it.
        self._identities.submit(self._note, kind, environment)
        return True

    def _note(self, kind: str, environment: dict[str, str]) -> None:
        self.seen.add(ObservedProcess(kind, _name(environment), _identity(environment, self.state)))


def _name(environment: dict[str, str]) -> str:
    return next((environment[v] for v in ("TRAINING_JOB_NAME", "PROCESSING_JOB_NAME") if v in environment), "")


def _identity(environment: dict[str, str], state: Path) -> str:
    """Role name of the credentials in a process's environment, asked of STS with these credentials."""
    credentials = {
        "AccessKeyId": environment["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": environment["AWS_SECRET_ACCESS_KEY"],
        "SessionToken": environment["AWS_SESSION_TOKEN"],
    }
    sts = LocalCloud(environment["AWS_ENDPOINT_URL"], state).client("sts", credentials)
    arn = re.fullmatch(r"arn:aws:sts::\d{12}:assumed-role/([^/]+)/.+", sts.get_caller_identity()["Arn"])
    assert arn
    return arn[1]
