"""What processing and training jobs have in common: a folder for /opt/ml, a role, a log, a process and its end."""

import logging
import re
import shutil
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from local import hooks, processes, state_directory
from local.sagemaker.children import Child, ShutdownError, state_folder
from local.sagemaker.logs import LogStream
from local.sagemaker.roles import RoleSession
from local.sagemaker.state import Region, now
from local.sagemaker.storage import DataError

Record = dict[str, Any]
_LOG = logging.getLogger(__name__)
_LONGEST_REASON = 1024
_STOP_GRACE_SECONDS = 120.0  # SageMaker sends SIGTERM and, two minutes later, SIGKILL
_OPT_ML = re.compile(r"(?<![\w./-])/opt/ml(?![\w.-])")


class JobError(Exception):
    """The job ends as Failed; `str()` is its FailureReason."""


class JobFolder:
    """A folder that stands for a container's file system: /opt/ml and /tmp are below it, and it goes with the job."""

    def __init__(self, name: str) -> None:
        root = state_directory.job_root(state_folder())
        self.path = Path(tempfile.mkdtemp(prefix=f"{name[:40]}-", dir=root))
        self.opt_ml = self.path / "opt" / "ml"
        self.temporary = self.path / "tmp"
        self.opt_ml.mkdir(parents=True)
        self.temporary.mkdir()

    def inside(self, container_path: str) -> Path:
        """Return where a path of the container is on this machine."""
        if not container_path.startswith("/opt/ml"):
            raise DataError(f"{container_path}: only paths below /opt/ml exist in the local cloud.")
        place = (self.path / container_path.lstrip("/")).resolve()
        if not place.is_relative_to(self.opt_ml.resolve()):
            raise DataError(f"{container_path} leads out of /opt/ml.")
        return place

    def rewrite(self, text: str) -> str:
        """Return `text` with each path below /opt/ml replaced by where it is on this machine."""
        return _OPT_ML.sub(str(self.opt_ml), text)

    def rewrite_all(self, texts: Sequence[str]) -> list[str]:
        """Return each text rewritten."""
        return [self.rewrite(text) for text in texts]

    def environment(self, session: RoleSession, given: Mapping[str, str]) -> dict[str, str]:
        """Return a process's environment: the user's variables, then the role's, which they cannot replace."""
        own = {k: self.rewrite(v) for k, v in given.items()}
        return {**own, **session.environment(), "HOME": str(self.path), "TMPDIR": str(self.temporary)}

    def remove(self) -> None:
        """Delete everything, and end what still works there: with a container all its processes end."""
        processes.end_marked([self.path])
        shutil.rmtree(self.path, ignore_errors=True)


class Job(ABC):
    """One job from its creation to its end, in a thread of its own."""

    log_group: str
    kind: str

    def __init__(self, region: Region, record: Record, name: str, arn: str, session: RoleSession) -> None:
        self.region = region
        self.record = record
        self.name = name
        self.arn = arn
        self.session = session
        self.finished = threading.Event()
        self.folder = JobFolder(name)
        self.log = LogStream(session.client("logs"), self.log_group, f"{name}/algo-1-{int(time.time())}")
        self._child: Child | None = None
        self._stop_requested = False
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin; the caller gets its answer at once."""
        run = hooks.in_request_scope(self._run)
        threading.Thread(target=run, name=f"{self.kind}-{self.name}", daemon=True).start()

    def request_stop(self) -> None:
        """Ask the job to stop."""
        with self._lock:
            self._stop_requested = True
            child = self._child
        if child:
            child.terminate()
            threading.Thread(target=child.end, args=(_STOP_GRACE_SECONDS,), daemon=True).start()

    @property
    def stop_requested(self) -> bool:
        """Whether somebody asked the job to stop."""
        return self._stop_requested

    def run_process(self, command: Sequence[str], environment: Mapping[str, str], limit_seconds: int) -> int | None:
        """Run the job's process and return its exit status, or None when it ran into its time limit or was stopped."""
        with self._lock:
            if self._stop_requested:
                return None
            self._child = Child(
                command, environment=environment, folder=self._working_folder(), write_line=self.log.write
            )
        try:
            status = self._child.wait(limit_seconds)
        except TimeoutError:
            self.on_time_limit()
            self._child.end(_STOP_GRACE_SECONDS)
            return None
        return None if self._stop_requested else status

    def failure_text(self, status: int, message_file: Path) -> str:
        """Return why the process failed: what it left in its message file, else its exit code and last lines."""
        if message_file.is_file() and (message := message_file.read_text(errors="replace").strip()):
            return f"AlgorithmError: {message}"
        return f"AlgorithmError: exit code {status}\n{self.log.tail(8)}".strip()

    def _working_folder(self) -> Path:
        return self.folder.opt_ml

    def _run(self) -> None:
        try:
            status, reason = self._outcome()
            # Who sees the end must find nothing left of the job, and its whole log.
            self._clean_up()
            self.finish(status, reason)
        finally:
            self.finished.set()

    def _outcome(self) -> tuple[str, str | None]:
        """Do the work; return the status it ends with and, if it failed, why."""
        try:
            return self.execute(), None
        except JobError as failure:
            reason = str(failure)
        except (ClientError, BotoCoreError, Boto3Error, DataError, OSError) as error:
            reason = f"ClientError: {error}"
        except ShutdownError as error:
            reason = f"InternalServerError: {error}"
        except Exception as error:  # a fault of ours must still end the job
            _LOG.exception("%s %s", self.kind, self.name)
            reason = f"InternalServerError: {error!r}"
        return "Failed", reason[:_LONGEST_REASON]

    def _clean_up(self) -> None:
        self.log.close()
        self.session.release()
        self.folder.remove()

    def update(self, **changes: Any) -> None:
        """Change the job's record."""
        with self.region.lock:
            self.record.update(changes, LastModifiedTime=now())

    @abstractmethod
    def execute(self) -> str:
        """Do the job's work and return the status it ends with; raise JobError for a failure of the user's."""

    @abstractmethod
    def finish(self, status: str, reason: str | None) -> None:
        """Store the job's end, when nothing of it is left."""

    @abstractmethod
    def on_time_limit(self) -> None:
        """Note that the job ran into its time limit, before its process is ended."""


_jobs: dict[str, Job] = {}


def launch(job: Job) -> None:
    """Start a job and keep it findable by its ARN."""
    _jobs[job.arn] = job
    job.start()


def find(arn: str) -> Job | None:
    """Return the job of this ARN, also after its end."""
    return _jobs.get(arn)
