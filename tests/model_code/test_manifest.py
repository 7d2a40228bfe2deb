"""manifest.json: every file of an artifact, and what is found when one is not as it was."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from job import JobError
from manifest import check_manifest, write_manifest

if TYPE_CHECKING:
    from tests.model_code.conftest import SampleRun


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "inference.py").write_text("x = 1")
    (tmp_path / "weights.npy").write_bytes(b"weights")
    write_manifest(tmp_path)
    return tmp_path


def should_list_every_file_with_its_checksum_and_size(folder: Path) -> None:
    files = json.loads((folder / "manifest.json").read_text())["files"]
    assert set(files) == {"code/inference.py", "weights.npy"}
    assert files["weights.npy"] == {"sha256": hashlib.sha256(b"weights").hexdigest(), "bytes": 7}
    check_manifest(folder, "model")


@pytest.mark.parametrize("candidate", ["linear", "xgboost"])
def should_be_true_of_what_the_trainings_write(sample_run: "SampleRun", candidate: str) -> None:
    check_manifest(sample_run.jobs.root / candidate, candidate)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "weights.npy").write_bytes(b"Weights"), "model: weights.npy differ from manifest"),
        (lambda folder: (folder / "weights.npy").unlink(), "model: weights.npy differ from manifest"),
        (lambda folder: (folder / "code" / "more.py").touch(), "model: code/more.py differ from manifest"),
        (lambda folder: (folder / "manifest.json").write_text("[]"), "model: manifest.json is no manifest"),
        (lambda folder: (folder / "manifest.json").unlink(), "model: no manifest.json in its archive"),
    ],
)
def should_find_a_file_that_is_not_as_it_was(folder: Path, damage: Callable[[Path], object], message: str) -> None:
    damage(folder)
    with pytest.raises(JobError) as raised:
        check_manifest(folder, "model")
    assert message in str(raised.value)
