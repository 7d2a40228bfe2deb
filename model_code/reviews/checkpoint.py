"""A checkpoint of a training that may be ended at any moment: SageMaker keeps /opt/ml/checkpoints and gives it back.

One file for each training, written whole or not at all. It belongs to one training alone: same data, same settings. A
folder that another training has left there is written over, never resumed from.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dataset import Review
from training import folder_from

VARIABLE = "SM_CHECKPOINT_DIR"  # ours, for a laptop


def checkpoint_folder() -> Path | None:
    """Where checkpoints go, None where nobody asked for any.

    /opt/ml/checkpoints, beside the model's folder, exists in jobs with a CheckpointConfig alone.
    """
    if os.environ.get(VARIABLE):
        return folder_from(VARIABLE)
    folder = folder_from("SM_MODEL_DIR").parent / "checkpoints"
    return folder if folder.is_dir() else None


def fingerprint(settings: Mapping[str, object], *data: list[Review]) -> str:
    """Of everything that a training's result depends on."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for reviews in data:
        for review in reviews:
            digest.update(repr(review).encode())
        digest.update(b"|")
    return digest.hexdigest()


@dataclass(frozen=True)
class Checkpoint:
    """The file of one training; `folder` None keeps nothing."""

    folder: Path | None
    name: str

    def read(self) -> bytes | None:
        file = self._file()
        return file.read_bytes() if file and file.is_file() else None

    def write(self, content: bytes | bytearray) -> None:
        """Replaces the file in one step, so that there is always a whole one."""
        file = self._file()
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            unfinished = file.with_suffix(".tmp")
            unfinished.write_bytes(content)
            unfinished.replace(file)

    def _file(self) -> Path | None:
        return self.folder / f"{self.name}.ubj" if self.folder else None
