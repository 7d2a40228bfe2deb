"""A training that is ended and started again, and one that continues from an earlier model."""

import os
import re
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import train_xgboost
import xgboost as xgb
from checkpoint import Checkpoint

if TYPE_CHECKING:
    from tests.model_code.conftest import Jobs, SampleRun

ROUNDS = ("--num_round", "90", "--early_stopping_rounds", "90")
EVERY = ("--checkpoint_every", "10")


def start(jobs: "Jobs", folder: Path, *arguments: str) -> str:
    """Trains in a folder as SageMaker lays it out: model and checkpoints side by side."""
    return jobs.run("train_xgboost.py", *ROUNDS, *EVERY, *arguments, **variables(jobs, folder))


def variables(jobs: "Jobs", folder: Path) -> dict[str, object]:
    return {**jobs.channels("xgboost"), "SM_MODEL_DIR": folder / "model"}


def metric(log: str) -> list[str]:
    return re.findall(r"validation:macro_f1=([0-9.]+)", log)


def kill_after(jobs: "Jobs", folder: Path, round_: int) -> None:
    """Kills a training, as a spot interruption may, once it has reported a round."""
    environment = {**os.environ, "SM_NUM_CPUS": "1", **{key: str(its) for key, its in variables(jobs, folder).items()}}
    command = [sys.executable, train_xgboost.__file__, *ROUNDS, *EVERY]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            if line.startswith(f"round={round_} "):
                process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL


@pytest.fixture(scope="module")
def uninterrupted(sample_run: "SampleRun", tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("uninterrupted")
    return folder, start(sample_run.jobs, folder)


def should_keep_no_checkpoint_where_nobody_asks_for_one(uninterrupted: tuple[Path, str]) -> None:
    assert [path.name for path in uninterrupted[0].iterdir()] == ["model"]


def should_resume_a_killed_training_and_give_the_same_model(
    sample_run: "SampleRun", uninterrupted: tuple[Path, str], tmp_path: Path
) -> None:
    (tmp_path / "checkpoints").mkdir()
    kill_after(sample_run.jobs, tmp_path, 50)
    assert not (tmp_path / "model" / "model.ubj").exists()
    log = start(sample_run.jobs, tmp_path)
    (resumed,) = re.findall(r"resumed from a checkpoint after (\d+) rounds", log)
    assert int(resumed) >= 50  # no more than one interval is lost
    assert metric(log) == metric(uninterrupted[1])
    for name in ("model.ubj", "manifest.json"):
        assert (tmp_path / "model" / name).read_bytes() == (uninterrupted[0] / "model" / name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "content", "message"),
    [
        (("--eta", "0.3"), None, "on other data or with other settings: training starts anew"),
        ((), b"half a file", "the checkpoint cannot be read"),
    ],
)
def should_never_resume_from_the_checkpoint_of_another_training(
    sample_run: "SampleRun", tmp_path: Path, arguments: tuple[str, ...], content: bytes | None, message: str
) -> None:
    (tmp_path / "checkpoints").mkdir()
    start(sample_run.jobs, tmp_path)
    if content:
        (tmp_path / "checkpoints" / "xgboost.ubj").write_bytes(content)
    log = start(sample_run.jobs, tmp_path, *arguments)
    assert message in log
    assert "resumed" not in log


def should_replace_a_checkpoint_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = Checkpoint(tmp_path, "xgboost")
    checkpoint.write(b"first")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", die)
        checkpoint.write(b"second")
    assert checkpoint.read() == b"first"


# --- incremental training ---


def should_continue_from_an_earlier_model(sample_run: "SampleRun", tmp_path: Path) -> None:
    jobs = sample_run.jobs
    channel = jobs.archive("xgboost").parent
    settings = {**variables(jobs, tmp_path), "SM_CHANNEL_MODEL": channel}
    log = jobs.run("train_xgboost.py", "--num_round", "15", "--early_stopping_rounds", "15", **settings)
    assert f"continuing from {channel / 'model.tar.gz'}" in log
    before, after = (xgb.Booster(model_file=path / "model.ubj") for path in (jobs.root / "xgboost", tmp_path / "model"))
    known = before.num_boosted_rounds()
    assert known <= after.num_boosted_rounds() <= known + 15
    assert after.get_dump()[: known * 3] == before.get_dump()
    for name in ("vocabulary.json", "coefficients.npy", "terms.npy"):
        assert (tmp_path / "model" / name).read_bytes() == (jobs.root / "xgboost" / name).read_bytes()
    assert float(metric(log)[0]) > 0.6


def should_train_from_the_beginning_where_nothing_is_served_yet(sample_run: "SampleRun", tmp_path: Path) -> None:
    """The pipeline gives the channel processing's report then, which holds no archive."""
    channel = tmp_path / "channel"
    channel.mkdir()
    (channel / "report.json").write_text("{}")
    settings = {**variables(sample_run.jobs, tmp_path), "SM_CHANNEL_MODEL": channel}
    log = sample_run.jobs.run("train_xgboost.py", "--num_round", "5", **settings)
    assert "training from the beginning" in log


@pytest.mark.parametrize(
    ("candidate", "spoil", "message"),
    [
        ("linear", None, "channel model: model.ubj, terms.npy missing: no artifact of train_xgboost.py"),
        ("xgboost", "terms.npy", "channel model: terms.npy differ from manifest.json"),
    ],
)
def should_refuse_an_earlier_model_that_is_none(
    sample_run: "SampleRun",
    refusal: Callable[..., str],
    tmp_path: Path,
    candidate: str,
    spoil: str | None,
    message: str,
) -> None:
    channel = tmp_path / "channel"
    channel.mkdir()
    with tarfile.open(channel / "model.tar.gz", "w:gz") as tar:
        tar.add(
            sample_run.jobs.root / candidate,
            arcname=".",
            filter=lambda member: None if spoil and member.name.endswith(spoil) else member,
        )
    settings = {**variables(sample_run.jobs, tmp_path), "SM_CHANNEL_MODEL": channel}
    assert message in refusal(train_xgboost.main, **settings)
