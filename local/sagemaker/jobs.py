"""What jobs have in common: a folder for /opt/ml, a role, a log, a thread and its end."""

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

from local import faults, hooks, processes, state_directory
from local.sagemaker.children import ShutdownError, state_folder
from local.sagemaker.failure_reasons import with_advice
from local.sagemaker.job_kind import JobKind
from local.sagemaker.logs import LogStream
from local.sagemaker.roles import RoleSession
from local.sagemaker.state import Region, now
from local.sagemaker.storage import DataError

Record = dict[str, Any]
_LOG = logging.getLogger(__name__)
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

    kind: JobKind

    def __init__(self, region: Region, record: Record, session: RoleSession) -> None:
        self.region = region
        self.record = record
        self.name = str(record[self.kind.name])
        self.arn = str(record[self.kind.arn])
        self.session = session
        self.finished = threading.Event()
        self.stop_event = threading.Event()

    def start(self) -> None:
        """Begin; the caller gets its answer at once."""
        run = hooks.in_request_scope(self._run)
        threading.Thread(target=run, name=f"{self.kind.resource}-{self.name}", daemon=True).start()

    def stop(self) -> bool:
        """Ask the job to stop and show that it was asked; False where it has ended."""
        with self.region.lock:
            if self.record[self.kind.status] != "InProgress":
                return bool(self.record[self.kind.status] == "Stopping")
            self.record[self.kind.status] = "Stopping"
        self.show_stopping()
        self.request_stop()
        return True

    def show_stopping(self) -> None:
        """Tell that the job is Stopping."""
        self.kind.announce(self.record)

    def request_stop(self) -> None:
        """Make the work end."""
        self.stop_event.set()

    @property
    def stop_requested(self) -> bool:
        """Whether somebody asked the job to stop."""
        return self.stop_event.is_set()

    def open_log(self, group: str, stream: str) -> LogStream:
        """Return a stream of the job's log, written with its role."""
        return LogStream(self.session.client("logs"), group, f"{self.name}/{stream}-{int(time.time())}")

    def _run(self) -> None:
        try:
            status, reason = self._outcome()
            # Who sees the end must find nothing left of the job, and its whole log.
            self.clean_up()
            self.session.release()
            self.finish(status, reason)
        finally:
            self.finished.set()

    def _outcome(self) -> tuple[str, str | None]:
        """Do the work; return the status it ends with and, if it failed, why."""
        try:
            fault = faults.take(state_folder(), self.kind.resource)
            if fault:
                raise JobError(f"{fault.code}: {fault.message}")
            return self.execute(), None
        except JobError as failure:
            reason = str(failure)
        except (ClientError, BotoCoreError, Boto3Error, DataError, OSError) as error:
            reason = f"ClientError: {error}"
        except ShutdownError as error:
            reason = f"InternalServerError: {error}"
        except Exception as error:  # a fault of ours must still end the job
            _LOG.exception("%s %s", self.kind.resource, self.name)
            reason = f"InternalServerError: {error!r}"
        return "Failed", with_advice(reason)

    def update(self, **changes: Any) -> None:
        """Change the job's record."""
        with self.region.lock:
            self.record.update(changes, LastModifiedTime=now())

    @abstractmethod
    def execute(self) -> str:
        """Do the job's work and return the status it ends with; raise JobError for a failure of the user's."""

    @abstractmethod
    def clean_up(self) -> None:
        """Leave no process and no file."""

    @abstractmethod
    def finish(self, status: str, reason: str | None) -> None:
        """Store the job's end, when nothing of it is left."""


_jobs: dict[str, Job] = {}


def launch(job: Job) -> None:
    """Start a job and keep it findable by its ARN."""
    _jobs[job.arn] = job
    job.start()


def find(arn: str) -> Job | None:
    """Return the job of this ARN, also after its end."""
    return _jobs.get(arn)
