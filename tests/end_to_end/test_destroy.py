"""Takes the platform down, and up again: the conftest runs this file after the others."""

from __future__ import annotations

import os
import re
import socket
from urllib.parse import urlparse

import psutil
import pytest

from tests.end_to_end.conftest import Ashlar, make

pytestmark = pytest.mark.destroys


def left_behind(ashlar: Ashlar) -> list[str]:
    """Every process that the local cloud of this state directory started, or that was given it as an argument."""
    found = []
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
            ours = str(ashlar.state) in line or process.environ().get("TMPDIR", "").startswith(str(ashlar.state))
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if ours and process.pid != os.getpid():
            found.append(line)
    return found


def should_leave_no_process_and_no_port_even_while_a_pipeline_runs(ashlar: Ashlar) -> None:
    port = urlparse(ashlar.cloud.url).port
    assert port
    assert left_behind(ashlar)
    listed = ashlar.client("cloudformation").describe_stacks()["Stacks"]
    stacks = {each["StackName"] for each in listed if each["StackName"].startswith("ashlar-")}
    started = ashlar.ops("upload", "reviews", "--data", "build/sample_reviews.csv")
    assert started.returncode == 0, started.stderr
    done = make("destroy", state=ashlar.state)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-3000:]
    assert set(re.findall(r"(ashlar-local-[\w-]+): destroyed", said)) == stacks - {"ashlar-local-bootstrap"}
    assert not left_behind(ashlar)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert not ashlar.state.exists()


def should_deploy_again_after_it_was_destroyed(ashlar: Ashlar) -> None:
    assert make("destroy", state=ashlar.state).returncode == 0  # there is nothing: it says so and goes on
    assert not left_behind(ashlar)
    again = make("deploy", state=ashlar.state)
    assert again.returncode == 0, again.stdout[-3000:] + again.stderr[-3000:]
    assert "model package ashlar-local-reviews-linear/1" in again.stdout
