"""What every candidate's training does the same way: channels, weights, metric lines, the code that serves."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
from dataset import LABELS, Review, read_split
from features import Matrix, document, fit_features, save_features
from job import fail
from sklearn.metrics import accuracy_score, f1_score

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


def features_of(train: list[Review], validation: list[Review], max_features: int, min_df: int) -> tuple[Matrix, Matrix]:
    """Fits TF-IDF on train alone, saves it with the model and returns the two matrices."""
    try:
        vectoriser, matrix = fit_features(documents_of(train), max_features, min_df)
    except ValueError as error:
        fail(f"--max_features {max_features} --min_df {min_df}: {error}. Lower min_df or train on more reviews.")
    save_features(vectoriser, folder_from("SM_MODEL_DIR"))
    print(f"features: {matrix.shape[1]} terms", flush=True)
    return matrix, vectoriser.transform(documents_of(validation))


def documents_of(reviews: list[Review]) -> list[str]:
    return [document(review.title, review.text) for review in reviews]


def labels_of(reviews: list[Review]) -> npt.NDArray[np.int64]:
    return np.array([review.label for review in reviews], dtype=np.int64)


def weights_of(reviews: list[Review], power: float) -> npt.NDArray[np.float64]:
    """The data's weights softened: power 0 ignores them, 1 takes them whole; their mean is 1 either way.

    Full weights buy recall of the small classes with more precision than macro-F1 gets back.
    """
    weights = np.array([review.weight for review in reviews], dtype=np.float64) ** power
    return np.asarray(weights / weights.mean(), dtype=np.float64)


def print_metrics(labels: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64]) -> None:
    """The lines that the training job's metric definitions parse."""
    print(f"validation:accuracy={accuracy_score(labels, predicted):.4f}", flush=True)
    print(f"validation:macro_f1={f1_score(labels, predicted, average='macro', zero_division=0):.4f}", flush=True)


def pack_serving(candidate: str) -> None:
    """Puts the class order and the code that serves the candidate into the model's folder."""
    folder = folder_from("SM_MODEL_DIR")
    (folder / "classes.json").write_text(json.dumps(LABELS), encoding="utf-8")
    code = folder / "code"
    code.mkdir(exist_ok=True)
    for source in (HERE / "serving" / candidate / "inference.py", HERE / "features.py", HERE / "payload.py"):
        shutil.copyfile(source, code / source.name)
    print(f"saved {folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}", flush=True)
