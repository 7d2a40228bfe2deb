"""The command line: exit codes and messages, and nothing of a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import EndpointConnectionError
from typer.main import get_command

from ops import __main__ as commands
from ops import main_job
from tests.conftest import ROOT
from tests.ops.conftest import Deployed, refused


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["ops", *arguments])
    try:
        return commands.main()
    except SystemExit as done:  # the way in which typer ends a command that went well
        return int(done.code or 0)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refused("AccessDenied", "not authorized to perform: sts:AssumeRole"), "AWS: An error occurred (AccessDenied)"),
        (
            EndpointConnectionError(endpoint_url="https://sts"),
            'AWS: Could not connect to the endpoint URL: "https://sts"',
        ),
        (S3UploadFailedError("Failed to upload r.csv"), "AWS: Failed to upload r.csv"),
    ],
)
def should_show_an_error_of_aws_as_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, expected: str
) -> None:
    def failing(name: str, second_factor: object = None) -> Deployed:
        raise error

    monkeypatch.setattr(commands, "open_environment", failing)
    assert run(monkeypatch, "status") == 1
    said = capsys.readouterr().err
    assert said.startswith(expected)
    assert len(said.splitlines()) == 1


def should_check_data_without_an_environment(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad [1].csv"
    good.write_text("Title,Review Text,Rating\na,nice,5\n")
    bad.write_text("Title,Review,Rating\na,nice,5\n")
    checks = {
        file: subprocess.run(
            [sys.executable, "-m", "ops", "check-data", str(file)],
            cwd=ROOT,
            env={"ASHLAR_ENV": "no-such", "AWS_PROFILE": "no-such"},
            capture_output=True,
            text=True,
            check=False,
        )
        for file in (good, bad, tmp_path / "absent.csv")
    }
    assert [done.returncode for done in checks.values()] == [0, 1, 1]
    assert checks[good].stdout == f"{good}: 1 rows\n"
    assert checks[bad].stderr == f"{bad} has no column 'Review Text'. Found: Title, Review, Rating.\n"
    assert "does not exist" in checks[tmp_path / "absent.csv"].stderr


def should_refuse_data_that_cannot_be_trained_on_before_it_is_uploaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("Title,Review Text,Rating\na,nice,nine\n")
    monkeypatch.setattr(main_job, "open_environment", lambda name, second_factor=None: pytest.fail("it went on"))
    assert run(monkeypatch, "run", "reviews", "--data", str(file)) == 1
    assert "line 2: Rating is 'nine'" in capsys.readouterr().err


def should_say_how_to_approve_what_waits_for_approval(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, deployed: Deployed
) -> None:
    file = tmp_path / "good.csv"
    file.write_text("Title,Review Text,Rating\na,nice,5\n")
    arn = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/ashlar-dev-reviews-linear/1"
    model = deployed.platform.models["reviews"].model_copy(update={"approval": "manual"})
    deployed.platform = deployed.platform.model_copy(update={"models": {"reviews": model}})
    monkeypatch.setattr(main_job, "open_environment", lambda name, second_factor=None: deployed)
    monkeypatch.setattr(main_job, "upload", lambda *_: "marker")
    monkeypatch.setattr(main_job, "find_execution", lambda *_: "execution")
    monkeypatch.setattr(main_job, "follow", lambda *_: [])
    monkeypatch.setattr(main_job, "registered_packages", lambda *_: [arn])
    assert run(monkeypatch, "run", "reviews", "--data", str(file)) == 0
    assert (
        f"  aws sagemaker update-model-package --model-package-arn {arn} --model-approval-status Approved "
        "--region eu-west-1\n"
    ) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["traffic", "reviews", "linear=abc", "xgboost=30"], "The share of linear is 'abc'"),
        (
            ["traffic", "reviews", "linear=70", "xgboost=30", "--step", "0"],
            "--step 0 and --wait 120: a step is more than 0 points",
        ),
        (["compare", "reviews", "--alpha", "2"], "--alpha 2 is no probability"),
        (["compare", "reviews", "--metric", "f1"], "--metric 'f1' is not known"),
        (["compare", "reviews", "--since", "yesterday"], "--since 'yesterday' is no time"),
        (["release", "pause", "reviews", "--reason", "a!b"], "The reason 'a!b' cannot be kept"),
    ],
)
def should_say_what_is_wrong_with_the_command_line_before_aws_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("an environment was opened")

    for module in ("ops.traffic.command", "ops.compare.commands", "ops.release.commands"):
        monkeypatch.setattr(f"{module}.open_endpoint", never)
    assert run(monkeypatch, *arguments) == 1
    assert capsys.readouterr().err.startswith(said)


def should_list_every_command_in_the_order_of_an_operators_days() -> None:
    group = get_command(commands.app)
    shown = [name for name, command in group.commands.items() if not command.hidden]  # type: ignore[attr-defined]
    assert sorted(commands.ORDER) == sorted(shown)
    assert group.list_commands(None)[: len(commands.ORDER)] == list(commands.ORDER)  # type: ignore[attr-defined]
