"""job.py: how a job fails."""

from pathlib import Path

import pytest
from job import fail, failures_reported


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SM_OUTPUT_DIR", str(tmp_path / "output"))
    return tmp_path / "output"


def should_report_an_expected_error_in_one_line(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, failures_reported():
        fail("a.csv line 3: Rating is\n'6'")
    assert ended.value.code == 1
    assert capsys.readouterr().err == "error: a.csv line 3: Rating is '6'\n"
    for name in ("failure", "message"):
        assert (output / name).read_text() == "a.csv line 3: Rating is '6'"


def should_report_an_unexpected_error_with_its_traceback_on_stderr_only(
    output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, failures_reported():
        raise RuntimeError("disk on fire")
    assert ended.value.code == 1
    assert "Traceback" in capsys.readouterr().err
    assert (output / "failure").read_text() == "RuntimeError: disk on fire"


def should_keep_the_reason_within_what_sagemaker_shows(output: Path) -> None:
    with pytest.raises(SystemExit), failures_reported():
        fail("é" * 5000 + "\udc80")
    reason = (output / "failure").read_text(encoding="utf-8")
    assert len(reason) == 1024
    assert reason.endswith("é…")


def should_still_exit_where_no_reason_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SM_OUTPUT_DIR", str(tmp_path / "file"))
    with pytest.raises(SystemExit) as ended, failures_reported():
        fail("no room")
    assert ended.value.code == 1
    assert capsys.readouterr().err == "error: no room\n"


def should_leave_a_job_that_succeeds_alone(output: Path) -> None:
    with failures_reported():
        pass
    assert not output.exists()
