"""Takes the platform down, and up again: the conftest runs this file after the others."""

from __future__ import annotations

import json
import os
import re
import socket
from urllib.parse import urlparse

import psutil
import pytest

from tests.end_to_end.conftest import Ashlar, make
from tests.end_to_end.packages import register
from tests.end_to_end.releases import wait_until_updating
from tests.local.cloud import eventually, run_launcher

pytestmark = pytest.mark.destroys


def left_behind(ashlar: Ashlar) -> dict[int, str]:
    """Every process, by its id, that the local cloud of this state directory started or that was given it.

    By an argument, that is, or by the environment.
    """
    found = {}
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
            ours = str(ashlar.state) in line or process.environ().get("TMPDIR", "").startswith(str(ashlar.state))
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if ours and process.pid != os.getpid():
            found[process.pid] = line
    return found


@pytest.mark.long
def should_deploy_again_after_the_local_cloud_was_killed_during_an_update(ashlar: Ashlar) -> None:
    # GIVEN a release under way
    register(ashlar, "linear", status="Approved")
    wait_until_updating(ashlar)
    of_before = left_behind(ashlar)
    # WHEN the local cloud is killed
    psutil.Process(json.loads((ashlar.state / "server.json").read_text())["pid"]).kill()
    gone = "The one before ended without `stop`: what was deployed in it is gone."
    # THEN it says what is left of it, and so do the operators' commands
    eventually(lambda: gone in run_launcher("status", state=ashlar.state).stdout)
    refused = ashlar.ops("status")
    assert refused.returncode != 0
    assert "The local cloud is not running." in refused.stderr
    # AND everything of before ends when it is deployed again, which works
    again = make("deploy", state=ashlar.state)
    assert again.returncode == 0, again.stdout[-3000:] + again.stderr[-3000:]
    assert gone in again.stdout
    assert "model package ashlar-local-reviews-linear/1" in again.stdout
    assert not set(of_before) & set(left_behind(ashlar))


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


@pytest.mark.long
def should_deploy_again_after_it_was_destroyed(ashlar: Ashlar) -> None:
    assert make("destroy", state=ashlar.state).returncode == 0  # there is nothing: it says so and goes on
    assert not left_behind(ashlar)
    again = make("deploy", state=ashlar.state)
    assert again.returncode == 0, again.stdout[-3000:] + again.stderr[-3000:]
    assert "model package ashlar-local-reviews-linear/1" in again.stdout
