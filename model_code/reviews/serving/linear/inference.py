"""Serves the linear candidate: the four functions SageMaker's containers call.

Travels as code/inference.py in model.tar.gz, beside features.py, ordinal.py and payload.py.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from features import Document, Features, load_features
from ordinal import Ordinal, load_ordinal, probabilities
from payload import LABELS, read_documents, write_predictions


@dataclass(frozen=True)
class Model:
    features: Features
    ordinal: Ordinal


def model_fn(model_dir: str, context: Any = None) -> Model:
    folder = Path(model_dir)
    classes = json.loads((folder / "classes.json").read_text(encoding="utf-8"))
    if tuple(classes) != LABELS:
        raise ValueError(f"{folder}: trained for classes {classes}, served as {LABELS}")
    return Model(load_features(folder), load_ordinal(folder))


def input_fn(body: str | bytes | bytearray, content_type: str | None, context: Any = None) -> list[Document]:
    return read_documents(body, content_type)


def predict_fn(documents: list[Document], model: Model, context: Any = None) -> npt.NDArray[np.float64]:
    """Probabilities, document by class."""
    return probabilities(model.ordinal.scores(model.features.matrix(documents)))


def output_fn(prediction: npt.NDArray[np.float64], accept: str | None = None, context: Any = None) -> tuple[str, str]:
    return write_predictions(prediction, accept)
