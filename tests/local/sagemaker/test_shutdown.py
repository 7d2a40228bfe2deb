"""What the local cloud leaves behind when it stops while everything runs: nothing."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psutil
import pytest

from tests.local.cloud import REGION, LocalCloud, eventually, run_launcher, started
from tests.local.running import running
from tests.local.sagemaker.workshop import Workshop, unique

# One descendant in the job's group and, where it can be found again, one in a session of its own.
HANG = """
import subprocess, sys, time
subprocess.Popen(["sleep", "600"])
subprocess.Popen(["sleep", "600"], start_new_session=sys.platform == "linux")
time.sleep(600)
"""


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def should_leave_no_process_behind(tmp_path: Path, killed: bool) -> None:
    with started(tmp_path / "state") as cloud:
        workshop = _workshop(cloud)
        role = workshop.role()
        workshop.endpoint(workshop.configuration(("only", workshop.model(role, "x"), 1)))
        workshop.sagemaker.create_processing_job(
            ProcessingJobName=unique("hang"), **workshop.processing(role, HANG)
        )  # fmt: skip
        eventually(lambda: len(_processes_in(cloud.state / "sagemaker")) >= 4)
        if killed:
            os.kill(json.loads((cloud.state / "server.json").read_text())["pid"], signal.SIGKILL)
        run_launcher("stop", state=cloud.state)
        assert not _processes_in(cloud.state / "sagemaker")


def should_run_jobs_below_a_state_path_with_a_space(tmp_path: Path) -> None:
    state = tmp_path / "a state"
    with started(state) as cloud:
        workshop = _workshop(cloud)
        job = workshop.finished_processing(workshop.processing(workshop.role(), "print('ran')"))
        assert job["ProcessingJobStatus"] == "Completed", job
        root = (state / "sagemaker").resolve()
        assert root.stat().st_mode & 0o777 == 0o700 and not list(root.iterdir())
    assert not root.exists() and not state.exists()


def _workshop(cloud: LocalCloud) -> Workshop:
    bucket = unique("shutdown")
    cloud.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    return Workshop(cloud, bucket)


def _processes_in(folder: Path) -> list[psutil.Process]:
    """The processes whose HOME is a job's or a model's folder below `folder`."""
    return running(lambda _command, environment: environment.get("HOME", "").startswith(f"{folder}/"))
