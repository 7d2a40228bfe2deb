"""Serves the XGBoost candidate: the four functions SageMaker's containers call.

Travels as code/inference.py in model.tar.gz, beside features.py, inputs.py, ordinal.py, payload.py and style.py.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xgboost as xgb
from features import Document
from inputs import Inputs, load_inputs
from payload import LABELS, read_documents, write_predictions


@dataclass(frozen=True)
class Model:
    inputs: Inputs
    booster: xgb.Booster


def model_fn(model_dir: str, context: Any = None) -> Model:
    folder = Path(model_dir)
    classes = json.loads((folder / "classes.json").read_text(encoding="utf-8"))
    if tuple(classes) != LABELS:
        raise ValueError(f"{folder}: trained for classes {classes}, served as {LABELS}")
    booster = xgb.Booster(model_file=folder / "model.ubj")
    # The model server runs a worker per core: more threads in each would only contend.
    booster.set_param({"nthread": 1})
    return Model(load_inputs(folder), booster)


def input_fn(body: str | bytes | bytearray, content_type: str | None, context: Any = None) -> list[Document]:
    return read_documents(body, content_type)


def predict_fn(documents: list[Document], model: Model, context: Any = None) -> npt.NDArray[np.float64]:
    """Probabilities, document by class."""
    rows = xgb.DMatrix(model.inputs.rows(documents), nthread=1)
    return np.asarray(model.booster.predict(rows), dtype=np.float64)


def output_fn(prediction: npt.NDArray[np.float64], accept: str | None = None, context: Any = None) -> tuple[str, str]:
    return write_predictions(prediction, accept)
