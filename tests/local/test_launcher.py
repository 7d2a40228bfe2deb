"""Starting, finding and ending the local cloud, also when something went wrong before."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local import processes, state_directory
from tests.local import stacks
from tests.local.cloud import REPOSITORY, LocalCloud, eventually, run_launcher, started


def _record(state: Path, pid: int, born: str) -> None:
    state_directory.claim(state)
    record = {"pid": pid, "born": born, "port": 1, "region": "eu-west-1"}
    (state / "server.json").write_text(json.dumps(record))


def should_say_that_nothing_runs(tmp_path: Path) -> None:
    status = run_launcher("status", state=tmp_path / "state")
    assert (status.returncode, status.stdout) == (3, "The local cloud is not running.\n")


def should_stop_as_often_as_asked(tmp_path: Path) -> None:
    for _ in range(2):
        stop = run_launcher("stop", state=tmp_path / "state")
        assert (stop.returncode, stop.stdout) == (0, "The local cloud was not running.\n")


def should_name_the_port_that_another_program_uses_and_leave_nothing(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        start = run_launcher("start", "--port", str(port), state=tmp_path / "state", ASHLAR_LOCAL_PYTHON=sys.executable)
    assert start.returncode == 1
    assert f"Port {port}" in start.stderr and f"make deploy LOCAL_PORT={port + 1}" in start.stderr
    assert start.stderr.count("\n") == 1
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("given", ["99999", "-1", "abc", "٣"])
def should_name_a_port_that_is_none(tmp_path: Path, given: str) -> None:
    for start in (
        run_launcher("start", f"--port={given}", state=tmp_path / "state"),
        run_launcher("start", state=tmp_path / "state", ASHLAR_LOCAL_PORT=given),
    ):
        assert (start.returncode, start.stderr.count("\n")) == (2, 1)
        assert f"{given!r} is no port" in start.stderr


@pytest.mark.parametrize("command", ["start", "stop"])
def should_leave_a_directory_alone_that_it_did_not_make(tmp_path: Path, command: str) -> None:
    project = tmp_path / "project"
    for folder in ("tls", "children", "sagemaker"):
        (project / folder).mkdir(parents=True)
        (project / folder / "source.py").write_text("precious")
    project.chmod(0o755)
    refused = run_launcher(command, state=project, ASHLAR_LOCAL_PYTHON=sys.executable)
    assert refused.returncode == 1
    assert f"{project} is not empty and was not made by the local cloud" in refused.stderr
    assert len(list(project.rglob("source.py"))) == 3
    assert project.stat().st_mode & 0o777 == 0o755


def should_remove_the_job_folders_of_a_path_with_a_space(tmp_path: Path) -> None:
    state = tmp_path / "a state"
    state_directory.claim(state)
    elsewhere = state_directory.job_root(state)
    assert elsewhere.is_dir() and not elsewhere.is_relative_to(state) and " " not in str(elsewhere)
    state_directory.remove(state)
    assert not state.exists() and not elsewhere.exists()


def should_name_the_interpreter_that_is_missing(tmp_path: Path) -> None:
    start = run_launcher("start", state=tmp_path / "state", ASHLAR_LOCAL_PYTHON=str(tmp_path / "python"))
    assert start.returncode == 1
    assert f"{tmp_path / 'python'} does not exist" in start.stderr


def should_show_the_end_of_the_log_when_the_server_dies(tmp_path: Path) -> None:
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho it cannot work >&2\nexit 7\n")
    fake.chmod(0o755)
    start = run_launcher("start", "--port", "0", state=tmp_path / "state", ASHLAR_LOCAL_PYTHON=str(fake))
    assert start.returncode == 1
    assert "it cannot work" in start.stderr
    assert run_launcher("status", state=tmp_path / "state").returncode == 3


def should_not_take_a_recycled_process_id_for_the_server(tmp_path: Path) -> None:
    state = tmp_path / "state"
    _record(state, os.getpid(), "some other time")
    assert run_launcher("status", state=state).returncode == 3
    assert run_launcher("stop", state=state).returncode == 0
    assert not state.exists()


def should_kill_recorded_children_but_no_recycled_ones(tmp_path: Path) -> None:
    child = processes.spawn(tmp_path, ["sleep", "600"])
    stranger = subprocess.Popen(["/bin/sleep", "600"], start_new_session=True)
    (tmp_path / "children" / str(stranger.pid)).write_text("some other time")
    try:
        processes.end_recorded(tmp_path)
        assert child.wait(10) == -signal.SIGKILL
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
    assert not list((tmp_path / "children").iterdir())


def should_refuse_a_command_when_nothing_runs(tmp_path: Path) -> None:
    run = run_launcher("exec", "--", "true", state=tmp_path / "state")
    assert run.returncode == 3
    assert "python -m local start" in run.stderr


def should_find_the_running_one_when_started_again(local_cloud: LocalCloud) -> None:
    again = run_launcher("start", "--port", "0", state=local_cloud.state)
    assert (again.returncode, again.stdout) == (
        0,
        f"The local cloud is already running at {local_cloud.url} (eu-west-1).\n",
    )
    assert run_launcher("status", state=local_cloud.state).returncode == 0


def should_run_one_server_when_two_start_at_once(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with ThreadPoolExecutor(2) as pool:
        starts = list(pool.map(lambda _: run_launcher("start", "--port", "0", state=state, AWS_REGION="x"), range(2)))
    try:
        assert [start.returncode for start in starts] == [0, 0], starts
        assert sorted(start.stdout.split(" at ")[0] for start in starts) == [
            "The local cloud is already running",
            "The local cloud is running",
        ]
        assert len({start.stdout.split(" at ")[1] for start in starts}) == 1
        assert starts[0].stdout.endswith("(eu-west-1).\n")
        assert run_launcher("status", state=state).returncode == 0
    finally:
        run_launcher("stop", state=state)


def should_not_serve_when_the_launcher_ended_before_it_had_recorded_the_server(tmp_path: Path) -> None:
    unconfirmed, confirmation = os.pipe()
    os.close(confirmation)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        handles = [listener.fileno(), unconfirmed]
        command = [str(REPOSITORY / "local/.venv/bin/python"), "-m", "local.server", "--state", str(tmp_path)]
        command += ["--socket", str(handles[0]), "--confirmed", str(unconfirmed), "--region", "eu-west-1"]
        server = subprocess.run(
            command, cwd=REPOSITORY, pass_fds=handles, capture_output=True, text=True, timeout=30, check=False
        )
    os.close(unconfirmed)
    assert (server.returncode, server.stderr) == (1, "The launcher ended before it had recorded this process.\n")
    assert not list(tmp_path.iterdir())


def should_end_the_server_whose_state_was_removed(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with started(state):
        record = json.loads((state / "server.json").read_text())
        assert processes.birth(record["pid"])
        shutil.rmtree(state)
        eventually(lambda: processes.birth(record["pid"]) is None)
    assert not state.exists()


def should_leave_no_process_behind_when_killed_and_stopped(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with started(state) as cloud:
        child = processes.spawn(state, ["sleep", "600"])
        os.kill(json.loads((state / "server.json").read_text())["pid"], signal.SIGKILL)
        assert run_launcher("stop", state=state).returncode == 0
        assert child.wait(10) == -signal.SIGKILL
    assert not state.exists()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(cloud.url.rsplit(":", 1)[1]))) != 0


def should_say_that_what_was_deployed_is_gone_when_it_was_killed(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with started(state):
        os.kill(json.loads((state / "server.json").read_text())["pid"], signal.SIGKILL)
        gone = "The one before ended without `stop`: what was deployed in it is gone."
        eventually(lambda: gone in run_launcher("status", state=state).stdout)
        status = run_launcher("status", state=state)
        assert status.returncode == 3
        assert status.stdout.endswith("Deploy again: make deploy\n")
        again = run_launcher("start", "--port", "0", state=state)
        assert again.returncode == 0
        assert gone in again.stdout
    assert gone not in run_launcher("status", state=state).stdout


def should_hide_the_callers_account_from_commands(local_cloud: LocalCloud, tmp_path: Path) -> None:
    run = run_launcher(
        "exec", "--", "env", state=local_cloud.state,
        AWS_PROFILE="production", AWS_ACCESS_KEY_ID="AKIAREAL", HTTPS_PROXY="http://proxy.example:1",
    )  # fmt: skip
    seen = dict(line.split("=", 1) for line in run.stdout.splitlines() if "=" in line)
    assert "AWS_ACCESS_KEY_ID" not in seen and "HTTPS_PROXY" not in seen
    assert (seen["AWS_PROFILE"], seen["AWS_ENDPOINT_URL"]) == ("local", local_cloud.url)
    assert seen["AWS_CONFIG_FILE"] == str(local_cloud.state / "aws/config")
    assert seen["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
    assert seen["HOME"] == str(local_cloud.state / "home")


def should_keep_the_private_key_to_its_owner(local_cloud: LocalCloud) -> None:
    assert (local_cloud.state / "tls/server.key").stat().st_mode & 0o777 == 0o600
    assert local_cloud.state.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "path", ["/_ministack/reset", "/_ministack/config", "/_ministack/ses/messages", "/_localstack/x"]
)
def should_refuse_administration_without_credentials(local_cloud: LocalCloud, path: str) -> None:
    context = ssl.create_default_context(cafile=local_cloud.certificate_authority)
    port = int(local_cloud.url.rsplit(":", 1)[1])
    with contextlib.closing(http.client.HTTPSConnection("127.0.0.1", port, context=context)) as connection:
        connection.request("POST", path, body=b"{}")
        assert connection.getresponse().status == 403


def should_end_lambda_workers_with_the_server(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with started(state) as cloud:
        role = stacks.make_role(cloud, "worker", "lambda.amazonaws.com")
        stacks.make_function(cloud, "worker", "import os\ndef handler(event, context):\n    return os.getpid()\n", role)
        answer = cloud.client("lambda").invoke(FunctionName="worker", Payload=b"{}")
        pid = int(answer["Payload"].read())
        assert processes.birth(pid)
        assert run_launcher("stop", state=state).returncode == 0
        eventually(lambda: processes.birth(pid) is None, seconds=5)
