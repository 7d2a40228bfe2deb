"""The model that an incremental training continues from: the channel `model` with an earlier model.tar.gz."""

import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from archive import unpack
from dataset import LABELS
from inputs import Inputs, load_inputs
from job import fail
from manifest import check_manifest

OWNER = "channel model"


@dataclass(frozen=True)
class EarlierModel:
    inputs: Inputs
    booster: bytearray  # XGBoost's UBJ
    digest: str  # of the archive


def read_earlier_model(channel: Path) -> EarlierModel | None:
    """None where the channel holds no archive: nothing is served yet. Fails the job if it is another candidate's."""
    archive = channel / "model.tar.gz"
    if not archive.is_file():
        return None
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory) / "model"
        unpack(OWNER, archive, folder)
        check_manifest(folder, OWNER)
        missing = [name for name in ("model.ubj", "terms.npy", "classes.json") if not (folder / name).is_file()]
        if missing:
            fail(f"{OWNER}: {', '.join(missing)} missing: no artifact of train_xgboost.py. Give one of its artifacts.")
        classes = json.loads((folder / "classes.json").read_text(encoding="utf-8"))
        if tuple(classes) != LABELS:
            fail(f"{OWNER}: trained for classes {classes}, not {list(LABELS)}. Train from the beginning.")
        print(f"continuing from {archive}", flush=True)
        booster = bytearray((folder / "model.ubj").read_bytes())
        return EarlierModel(load_inputs(folder), booster, hashlib.sha256(archive.read_bytes()).hexdigest())
