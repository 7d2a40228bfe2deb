"""The request and the response of every candidate; travels in model.tar.gz beside inference.py.

Request, application/json:       {"instances": [{"title": "Lovely" | null, "text": "Soft and warm"}, ...]}
         application/jsonlines:  one instance on each line, as a batch transform sends them
         text/csv:               title,text in each row (RFC 4180), without a row of names
Response, application/json:      {"predictions": [{"label": 1, "probabilities": {"-1": p, "0": p, "1": p}}, ...],
                                  "model_package": the ARN in the environment's MODEL_PACKAGE, or null}
         application/jsonlines:  one prediction on each line, in the instances' order
The toolkits answer a ValueError with its message.
"""

import csv
import io
import json
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from features import Document

Body = str | bytes | bytearray
LABELS = (-1, 0, 1)  # the order of the columns of every array of probabilities
JSON = "application/json"
JSON_LINES = "application/jsonlines"
CSV = "text/csv"
LONGEST_FIELD = 2**31 - 1  # characters: as long as the body


def read_documents(body: Body, content_type: str | None) -> list[Document]:
    """One document per instance. Raises ValueError that names the instance at fault."""
    served = _media_type(content_type)
    if served not in (None, *_READERS):
        raise ValueError(f"content type {content_type!r} is not served; send {JSON}, {JSON_LINES} or {CSV}")
    try:
        instances = _READERS[served or JSON](body)
    except (ValueError, csv.Error) as error:  # also bytes that are not UTF-8
        raise ValueError(f"the body is not {'CSV' if served == CSV else 'JSON'}: {error}") from None
    if not isinstance(instances, list) or not instances:
        raise ValueError('the body must be {"instances": [{"title": ..., "text": ...}, ...]} with one instance or more')
    return [_document(instance, index) for index, instance in enumerate(instances)]


def _media_type(header: str | None) -> str | None:
    return header.split(";")[0].strip().lower() if header else None


def _instances(body: Body) -> Any:
    request = json.loads(body)
    return request.get("instances") if isinstance(request, dict) else None


def _lines(body: Body) -> list[Any]:
    # Not splitlines: JSON allows U+2028 and its like inside a text.
    return [json.loads(line) for line in _text(body).removesuffix("\n").split("\n")]


def _rows(body: Body) -> list[dict[str, str]]:
    csv.field_size_limit(LONGEST_FIELD)  # the process's
    rows = list(csv.reader(io.StringIO(_text(body), newline=""), strict=True))
    for index, row in enumerate(rows):
        if len(row) != 2:
            raise ValueError(f"row {index} has {len(row)} fields, not 2: title, text")
    return [{"title": title, "text": text} for title, text in rows]


def _text(body: Body) -> str:
    return body if isinstance(body, str) else body.decode()


_READERS: dict[str, Callable[[Body], Any]] = {JSON: _instances, JSON_LINES: _lines, CSV: _rows}


def _document(instance: Any, index: int) -> Document:
    if not isinstance(instance, dict):
        raise ValueError(f"instances[{index}] must be an object with title and text, not {type(instance).__name__}")
    title, text = instance.get("title"), instance.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"instances[{index}].text must be a text that is not empty")
    if title is not None and not isinstance(title, str):
        raise ValueError(f"instances[{index}].title must be a text or null, not {type(title).__name__}")
    return title or "", text


def write_predictions(probabilities: npt.NDArray[np.float64], accept: str | None = None) -> tuple[str, str]:
    """The response's body and content type, as a pair: the XGBoost container labels a bare string text/html."""
    predictions = [
        {
            "label": LABELS[int(row.argmax())],
            "probabilities": {str(label): float(p) for label, p in zip(LABELS, row, strict=True)},
        }
        for row in probabilities
    ]
    if _media_type(accept) == JSON_LINES:
        return "".join(f"{json.dumps(prediction)}\n" for prediction in predictions), JSON_LINES
    # `or None`: an empty variable names no package either.
    return json.dumps({"predictions": predictions, "model_package": os.environ.get("MODEL_PACKAGE") or None}), JSON
