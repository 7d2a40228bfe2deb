"""What the local cloud leaves behind when it stops while everything runs: nothing."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.local.cloud import REGION, eventually, run_launcher, started
from tests.local.sagemaker.workshop import Workshop, unique

HANG = "import subprocess, sys, time\nsubprocess.Popen(['sleep', '600'])\nprint('up', flush=True)\ntime.sleep(600)"


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def should_leave_no_process_behind(tmp_path: Path, killed: bool) -> None:
    with started(tmp_path / "state") as cloud:
        bucket = unique("shutdown")
        cloud.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        workshop = Workshop(cloud, bucket)
        role = workshop.role()
        workshop.endpoint(workshop.configuration(("only", workshop.model(role, "x"), 1)))
        workshop.sagemaker.create_processing_job(
            ProcessingJobName=unique("hang"), **workshop.processing(role, HANG)
        )  # fmt: skip
        eventually(lambda: len(_processes_in(cloud.state / "sagemaker")) >= 3)
        if killed:
            (server,) = _processes_with(f"--state\0{cloud.state}\0")
            os.kill(server, signal.SIGKILL)
        run_launcher("stop", state=cloud.state)
        assert not _processes_in(cloud.state / "sagemaker")


def _processes_in(folder: Path) -> list[int]:
    """The processes whose HOME is a job's or a model's folder below `folder`."""
    return _processes_with(f"HOME={folder}/")


def _processes_with(text: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            content = (entry / "environ").read_bytes() + b"\0" + (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if text.encode() in content:
            found.append(int(entry.name))
    return found
