"""What a model's own serving code answers to the test split, as an endpoint would: unpacked, asked in JSON, alone."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from archive import unpack
from dataset import LABELS, Review
from job import fail
from manifest import NAME, check_manifest

ANSWER = Path(__file__).with_name("answer.py")
BATCH = 200  # instances per request


@dataclass(frozen=True)
class Answers:
    """What one model says of every review."""

    labels: list[int]
    probabilities: npt.NDArray[np.float64] | None  # review by class; None: it gives labels alone
    archive_bytes: int


def answers_of(owner: str, archive: Path, reviews: list[Review]) -> Answers:
    """Fails the job if the archive cannot be served; `owner` is whom the message names."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        model, requests, answers = folder / "model", folder / "requests.jsonl", folder / "answers.jsonl"
        unpack(owner, archive, model)
        if (model / NAME).is_file():
            check_manifest(model, owner)
        if not (model / "code" / "inference.py").is_file():
            fail(f"{owner}: no code/inference.py in its archive. The training script must put it there.")
        with requests.open("w", encoding="utf-8") as stream:
            for start in range(0, len(reviews), BATCH):
                instances = [
                    {"title": each.title or None, "text": each.text} for each in reviews[start : start + BATCH]
                ]
                stream.write(json.dumps({"instances": instances}) + "\n")
        _ask(owner, model, requests, answers)
        labels, probabilities = _read(owner, answers, len(reviews))
    return Answers(labels, probabilities, archive.stat().st_size)


def _ask(owner: str, model: Path, requests: Path, answers: Path) -> None:
    # No MODEL_PACKAGE: what is evaluated here is no package yet.
    environment = {key: value for key, value in os.environ.items() if key != "MODEL_PACKAGE"}
    paths = {"--model-dir": model, "--requests": requests, "--answers": answers}
    command = [sys.executable, str(ANSWER), *(str(part) for pair in paths.items() for part in pair)]
    result = subprocess.run(  # noqa: S603  # nosec B603 # our own or the user's own command, no shell
        command, env=environment, stderr=subprocess.PIPE, text=True
    )
    sys.stderr.write(result.stderr)
    if result.returncode:
        lines = result.stderr.strip().splitlines() or [f"exit code {result.returncode}"]
        fail(f"{owner}: its inference.py failed on the test split: {lines[-1]}. See the job's log.")


def _read(owner: str, answers: Path, rows: int) -> tuple[list[int], npt.NDArray[np.float64] | None]:
    try:
        with answers.open(encoding="utf-8") as stream:
            predictions = [prediction for line in stream for prediction in json.loads(line)["predictions"]]
        labels = [prediction["label"] for prediction in predictions]
        probabilities = _probabilities(predictions)
    except (ValueError, TypeError, KeyError) as error:
        fail(f"{owner}: an answer is not of the response contract ({type(error).__name__}: {error}).")
    if len(labels) != rows or not set(labels) <= set(LABELS):
        fail(
            f"{owner}: {len(labels)} predictions of {sorted(set(labels))} for {rows} reviews; it must predict "
            f"one of {LABELS} for each."
        )
    return labels, probabilities


def _probabilities(predictions: list[dict[str, Any]]) -> npt.NDArray[np.float64] | None:
    if not all("probabilities" in prediction for prediction in predictions):
        return None
    rows = [[float(each["probabilities"][str(label)]) for label in LABELS] for each in predictions]
    found = np.array(rows, dtype=np.float64)
    if not np.isfinite(found).all() or found.min() < 0 or not np.allclose(found.sum(axis=1), 1, atol=1e-3):
        raise ValueError("probabilities must be from 0 to 1 and add up to 1")
    return found
