"""The whole of Ashlar on a local cloud of the tests' own, deployed by the command that a user would type."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.end_to_end.hosting.hosted import Hosted
from tests.end_to_end.hosting.launch import hosting
from tests.end_to_end.observer import ProcessObserver
from tests.local.cloud import LocalCloud

# Alarms' periods, roll-outs' waits and scaling go this many times faster than on AWS (docs/local.md).
TIME_FACTOR = 6
# A `make test` of the user's must not steer the `make deploy` of the tests.
_OF_THE_CALLER = ("MAKE", "MFLAGS", "ASHLAR_", "AWS_", "CDK_")


@dataclass
class Ashlar:
    """A deployed platform: its state directory, its local cloud, what `make deploy` said, the processes it ran."""

    state: Path
    said: str
    observer: ProcessObserver

    @property
    def cloud(self) -> LocalCloud:
        """The running local cloud."""
        url = re.search(r"endpoint_url = (\S+)", (self.state / "aws/config").read_text())
        assert url
        return LocalCloud(url[1], self.state)

    def client(self, service: str, credentials: dict[str, str] | None = None) -> Any:
        """A client that acts as the account's root, or with credentials of a role."""
        return self.cloud.client(service, credentials)

    def ops(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`python -m ops …` against this platform."""
        return self.exec(".venv/bin/python", "-m", "ops", *arguments)

    def exec(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command with the environment of the local cloud's clients."""
        return _run([str(ROOT / ".venv/bin/python"), "-m", "local", "exec", "--", *command], self.state)

    def start(self, *command: str, **options: Any) -> subprocess.Popen[str]:
        """The same, started and not waited for. `options`: of Popen."""
        launched = [str(ROOT / ".venv/bin/python"), "-m", "local", "exec", "--", *command]
        return subprocess.Popen(launched, cwd=ROOT, env=_environment(self.state), text=True, **options)

    def jobs(self, kind: str) -> dict[str, dict[str, Any]]:
        """Step -> description of the job, of `kind` training or processing, that first completed it in a pipeline."""
        sagemaker, noun = self.client("sagemaker"), f"{kind.capitalize()}Job"
        listed = getattr(sagemaker, f"list_{kind}_jobs")(
            StatusEquals="Completed",
            NameContains="pipelines-",
            SortBy="CreationTime",
            SortOrder="Descending",
            MaxResults=100,
        )
        names = [job[f"{noun}Name"] for job in listed[f"{noun}Summaries"]]
        # Pipelines name their jobs `pipelines-<execution>-<step>-<random>`.
        return {
            name.split("-", 2)[2].rsplit("-", 1)[0]: getattr(sagemaker, f"describe_{kind}_job")(**{f"{noun}Name": name})
            for name in names
        }

    def outputs(self, stack: str) -> dict[str, str]:
        """The outputs of a stack."""
        described = self.client("cloudformation").describe_stacks(StackName=f"ashlar-local-{stack}")["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}


def make(*arguments: str, state: Path) -> subprocess.CompletedProcess[str]:
    """`make …` as a user types it, with a state directory, an assembly and a port of the tests' own."""
    return _run(["make", *arguments, "LOCAL_PORT=0", f"ASSEMBLY={state.parent / 'cdk.out'}"], state)


def _run(command: list[str], state: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=_environment(state), capture_output=True, text=True, timeout=600, check=False
    )


def _environment(state: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OF_THE_CALLER)}
    return {**kept, "ASHLAR_LOCAL_STATE": str(state), "ASHLAR_LOCAL_TIME_FACTOR": str(TIME_FACTOR)}


def _interrupted_deploy(state: Path) -> None:
    """Ctrl-C in the middle of the deployment, while CloudFormation is at work."""
    command = ["make", "deploy", "LOCAL_PORT=0", f"ASSEMBLY={state.parent / 'cdk.out'}"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=_environment(state),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    with process.stdout as lines:
        for line in lines:
            if "ashlar-local-data: deploying" in line:
                break
        else:
            raise AssertionError("the deployment ended before it could be interrupted")
        os.killpg(process.pid, signal.SIGINT)
        lines.read()
    assert process.wait(60) != 0


@pytest.fixture(scope="session")
def ashlar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ashlar]:
    """Deployed after an interrupted attempt, with the generated sample; destroyed in the end."""
    state = tmp_path_factory.mktemp("ashlar") / "state"
    try:
        _interrupted_deploy(state)
        with ProcessObserver(state) as observer:
            deployed = make("deploy", state=state)
        assert deployed.returncode == 0, deployed.stdout[-4000:] + deployed.stderr[-4000:]
        yield Ashlar(state, deployed.stdout, observer)
    finally:
        # Not `make destroy`, which a test of its own tries: this must end everything whatever state it is in.
        _run([str(ROOT / ".venv/bin/python"), "-m", "local", "stop"], state)


@pytest.fixture(scope="session")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    """Small endpoints of every mode on a local cloud of their own; nothing is released to them yet."""
    with hosting(tmp_path_factory.mktemp("hosted")) as platform:
        yield platform
