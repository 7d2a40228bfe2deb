"""Serves the linear candidate: the four functions SageMaker's containers call.

Travels as code/inference.py in model.tar.gz, beside features.py and payload.py.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from features import load_features
from payload import LABELS, read_documents, write_predictions
from scipy.special import softmax


@dataclass(frozen=True)
class Model:
    vectoriser: Any  # scikit-learn's TfidfVectorizer
    coefficients: npt.NDArray[np.float64]  # class by term
    intercepts: npt.NDArray[np.float64]  # class


def model_fn(model_dir: str, context: Any = None) -> Model:
    folder = Path(model_dir)
    classes = json.loads((folder / "classes.json").read_text(encoding="utf-8"))
    if tuple(classes) != LABELS:
        raise ValueError(f"{folder}: trained for classes {classes}, served as {LABELS}")
    coefficients, intercepts = (
        np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("coefficients", "intercepts")
    )
    return Model(load_features(folder), coefficients, intercepts)


def input_fn(body: str | bytes | bytearray, content_type: str | None, context: Any = None) -> list[str]:
    return read_documents(body, content_type)


def predict_fn(documents: list[str], model: Model, context: Any = None) -> npt.NDArray[np.float64]:
    """Probabilities, document by class."""
    scores = model.vectoriser.transform(documents) @ model.coefficients.T + model.intercepts
    return np.asarray(softmax(scores, axis=1), dtype=np.float64)


def output_fn(prediction: npt.NDArray[np.float64], accept: str | None = None, context: Any = None) -> tuple[str, str]:
    return write_predictions(prediction)
