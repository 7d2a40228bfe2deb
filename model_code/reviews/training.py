"""What every candidate's training does the same way: channels, weights, metric lines, the code that serves."""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from dataset import LABELS, Review, read_split
from features import Document, Features, Matrix, fit_features
from job import fail
from manifest import write_manifest
from sklearn.metrics import accuracy_score, f1_score

Floats: TypeAlias = npt.NDArray[np.float64]

HERE = Path(__file__).parent


def folder_from(variable: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        fail(f"{variable} is not set; SageMaker sets it to a folder. On a laptop, export it as the docstring shows.")
    return Path(value)


def cpus() -> int:
    """The cores this job may use: candidates that train side by side on one machine share them."""
    return int(os.environ.get("SM_NUM_CPUS") or os.cpu_count() or 1)


def read_channel(name: str) -> list[Review]:
    reviews = read_split(folder_from(f"SM_CHANNEL_{name.upper()}"))
    missing = set(LABELS) - {review.label for review in reviews}
    if missing:
        fail(f"channel {name}: no review of class {sorted(missing)}; training needs {LABELS}. Run preprocess.py again.")
    print(f"read channel {name}: {len(reviews)} reviews", flush=True)
    return reviews


def fitted(train: list[Review], max_features: int, min_df: int) -> tuple[Features, Matrix]:
    """The features, fitted on train alone, and train's matrix."""
    try:
        features, matrix = fit_features(documents_of(train), max_features, min_df)
    except ValueError as error:
        fail(f"--max_features {max_features} --min_df {min_df}: {error}. Lower min_df or train on more reviews.")
    return features, matrix


def documents_of(reviews: Sequence[Review]) -> list[Document]:
    return [(review.title, review.text) for review in reviews]


def labels_of(reviews: list[Review]) -> npt.NDArray[np.int64]:
    return np.array([review.label for review in reviews], dtype=np.int64)


def weights_of(reviews: list[Review], power: float, like: list[Review] | None = None) -> Floats:
    """The data's weights softened: power 0 ignores them, 1 takes them whole; their mean is 1 either way.

    Full weights buy recall of the small classes with more precision than macro-F1 gets back. `like`: each review gets
    the weight of its class there, since validation itself has none.
    """
    known = {review.label: review.weight for review in like or ()}
    weights = np.array([known.get(review.label, review.weight) for review in reviews], dtype=np.float64) ** power
    return np.asarray(weights / weights.mean(), dtype=np.float64)


def macro_f1(labels: npt.NDArray[np.int64], probabilities: Floats) -> float:
    predicted = np.array(LABELS)[probabilities.argmax(axis=1)]
    return float(f1_score(labels, predicted, labels=LABELS, average="macro", zero_division=0))


def print_metrics(labels: npt.NDArray[np.int64], probabilities: Floats) -> None:
    """The lines that the training job's metric definitions parse."""
    predicted = np.array(LABELS)[probabilities.argmax(axis=1)]
    print(f"validation:accuracy={accuracy_score(labels, predicted):.4f}", flush=True)
    print(f"validation:macro_f1={macro_f1(labels, probabilities):.4f}", flush=True)


def pack(candidate: str, modules: Sequence[str]) -> None:
    """Adds the class order, the code that serves the candidate and the manifest to the model's folder."""
    folder = folder_from("SM_MODEL_DIR")
    (folder / "classes.json").write_text(json.dumps(LABELS), encoding="utf-8")
    code = folder / "code"
    code.mkdir(exist_ok=True)
    shutil.copyfile(HERE / "serving" / candidate / "inference.py", code / "inference.py")
    for module in modules:
        shutil.copyfile(HERE / module, code / module)
    write_manifest(folder)
    print(f"saved {folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}", flush=True)
