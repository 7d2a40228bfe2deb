"""The request and the response of every candidate: JSON in, JSON out; travels in model.tar.gz beside inference.py.

Request, application/json:  {"instances": [{"title": "Lovely" | null, "text": "Soft and warm"}, ...]}
Response, application/json: {"predictions": [{"label": 1, "probabilities": {"-1": p, "0": p, "1": p}}, ...],
                             "model_package": the ARN in the environment's MODEL_PACKAGE, or null}
The toolkits answer a ValueError with its message.
"""

import json
import os
from typing import Any

import numpy as np
import numpy.typing as npt
from features import Document

LABELS = (-1, 0, 1)  # the order of the columns of every array of probabilities
JSON = "application/json"


def read_documents(body: str | bytes | bytearray, content_type: str | None) -> list[Document]:
    """One document per instance. Raises ValueError that names the instance at fault."""
    if content_type and content_type.split(";")[0].strip().lower() != JSON:
        raise ValueError(f"content type {content_type!r} is not served; send {JSON}")
    try:
        request = json.loads(body)
    except ValueError as error:  # also bytes that are not UTF-8
        raise ValueError(f"the body is not JSON: {error}") from None
    instances = request.get("instances") if isinstance(request, dict) else None
    if not isinstance(instances, list) or not instances:
        raise ValueError('the body must be {"instances": [{"title": ..., "text": ...}, ...]} with one instance or more')
    return [_document(instance, index) for index, instance in enumerate(instances)]


def _document(instance: Any, index: int) -> Document:
    if not isinstance(instance, dict):
        raise ValueError(f"instances[{index}] must be an object with title and text, not {type(instance).__name__}")
    title, text = instance.get("title"), instance.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"instances[{index}].text must be a text that is not empty")
    if title is not None and not isinstance(title, str):
        raise ValueError(f"instances[{index}].title must be a text or null, not {type(title).__name__}")
    return title or "", text


def write_predictions(probabilities: npt.NDArray[np.float64]) -> tuple[str, str]:
    """The response's body and content type, as a pair: the XGBoost container labels a bare string text/html."""
    predictions = [
        {
            "label": LABELS[int(row.argmax())],
            "probabilities": {str(label): float(p) for label, p in zip(LABELS, row, strict=True)},
        }
        for row in probabilities
    ]
    # `or None`: an empty variable names no package either.
    return json.dumps({"predictions": predictions, "model_package": os.environ.get("MODEL_PACKAGE") or None}), JSON
