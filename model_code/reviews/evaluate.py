"""Scores every candidate on the same test split, through the code that will serve it.

Run it on a laptop, from this folder, after preprocess.py and the training scripts:

    python evaluate.py --test-dir /tmp/reviews/splits/test --models-dir /tmp/reviews/models --output-dir /tmp/reviews

Each folder below --models-dir is a candidate and holds its model.tar.gz. Each candidate is unpacked, searched for
pickles, and asked in JSON in a process of its own; evaluation.json gets its accuracy, macro-F1, per-class figures and
confusion matrix (rows: the true class, columns: the predicted one).
"""

import json
import os
import subprocess
import sys
import tarfile
import tempfile
import zlib
from pathlib import Path
from typing import Any

from dataset import LABELS, Review, read_split
from job import Arguments, fail, failures_reported
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    precision_recall_fscore_support,
)

ANSWER = Path(__file__).with_name("answer.py")
BATCH = 200  # instances per request
PICKLE_SUFFIXES = {".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".pt", ".pth", ".bin", ".sav"}
PICKLE_STARTS = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))  # whatever the file is called


def main() -> None:
    arguments = Arguments(__doc__)
    arguments.add_argument("--test-dir", type=Path, default=Path("/opt/ml/processing/test"))
    arguments.add_argument("--models-dir", type=Path, default=Path("/opt/ml/processing/models"))
    arguments.add_argument("--output-dir", type=Path, default=Path("/opt/ml/processing/evaluation"))
    options = arguments.parse_args()

    reviews = read_split(options.test_dir)
    archives = find_archives(options.models_dir)
    print(f"evaluating {', '.join(archives)} on {len(reviews)} reviews", flush=True)
    evaluation = {}
    for name, archive in archives.items():
        with tempfile.TemporaryDirectory() as folder:
            predicted = answers_of(name, archive, reviews, Path(folder))
        evaluation[name] = scores([review.label for review in reviews], predicted)
        print(f"evaluated {name}", flush=True)
    options.output_dir.mkdir(parents=True, exist_ok=True)
    (options.output_dir / "evaluation.json").write_text(json.dumps(evaluation, indent=2) + "\n", encoding="utf-8")
    print_table(evaluation)


def find_archives(models: Path) -> dict[str, Path]:
    """Each candidate's archive, by the name of its folder."""
    if not models.is_dir() or not any(path.is_dir() for path in models.iterdir()):
        fail(f"{models}: no candidate folder in it. Put each candidate's model.tar.gz in a folder named after it.")
    archives = {folder.name: folder / "model.tar.gz" for folder in sorted(models.iterdir()) if folder.is_dir()}
    for name, archive in archives.items():
        if not archive.is_file():
            fail(f"candidate {name}: {archive} is missing. Train the candidate, or remove its folder.")
    return archives


def answers_of(name: str, archive: Path, reviews: list[Review], folder: Path) -> list[int]:
    """The labels that the candidate's own serving code predicts."""
    model = folder / "model"
    unpack(name, archive, model)
    refuse_pickles(name, model)
    if not (model / "code" / "inference.py").is_file():
        fail(f"candidate {name}: no code/inference.py in its archive. The training script must put it there.")
    requests, answers = folder / "requests.jsonl", folder / "answers.jsonl"
    with requests.open("w", encoding="utf-8") as stream:
        for start in range(0, len(reviews), BATCH):
            instances = [{"title": each.title or None, "text": each.text} for each in reviews[start : start + BATCH]]
            stream.write(json.dumps({"instances": instances}) + "\n")
    ask(name, model, requests, answers)
    return read_answers(name, answers, len(reviews))


def unpack(name: str, archive: Path, folder: Path) -> None:
    try:
        with tarfile.open(archive, "r:gz") as tar:
            tar.extractall(folder, filter="data")  # refuses paths and links that lead outside
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        fail(f"candidate {name}: {archive} cannot be unpacked ({error}). It must be a gzipped tar of the model folder.")


def refuse_pickles(name: str, folder: Path) -> None:
    """Loading a pickle runs whatever code is in it, so no model may carry one."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as stream:
            is_pickle = stream.read(2).startswith(PICKLE_STARTS)
        if is_pickle or path.suffix.lower() in PICKLE_SUFFIXES:
            inside = path.relative_to(folder).as_posix()
            fail(f"candidate {name}: {inside} is a pickle, which can run code when loaded. Save JSON, .npy or UBJ.")


def ask(name: str, model: Path, requests: Path, answers: Path) -> None:
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
        fail(f"candidate {name}: its inference.py failed on the test split: {lines[-1]}. See the job's log.")


def read_answers(name: str, answers: Path, rows: int) -> list[int]:
    try:
        with answers.open(encoding="utf-8") as stream:
            labels = [prediction["label"] for line in stream for prediction in json.loads(line)["predictions"]]
    except (ValueError, TypeError, KeyError) as error:
        fail(f"candidate {name}: an answer is not of the response contract ({type(error).__name__}: {error}).")
    if len(labels) != rows or not set(labels) <= set(LABELS):
        fail(
            f"candidate {name}: {len(labels)} predictions of {sorted(set(labels))} for {rows} reviews; it must predict "
            f"one of {LABELS} for each."
        )
    return labels


def scores(labels: list[int], predicted: list[int]) -> dict[str, Any]:
    columns = precision_recall_fscore_support(labels, predicted, labels=LABELS, zero_division=0)
    names = ("precision", "recall", "f1", "support")
    per_class = {
        str(label): dict(zip(names, (column[index].item() for column in columns), strict=True))
        for index, label in enumerate(LABELS)
    }
    return {
        "accuracy": float(accuracy_score(labels, predicted)),
        "macro_f1": sum(figures["f1"] for figures in per_class.values()) / len(LABELS),
        "per_class": per_class,
        "confusion_matrix": {
            "labels": list(LABELS),
            "rows": confusion_matrix(labels, predicted, labels=LABELS).tolist(),
        },
        "rows": len(labels),
    }


def print_table(evaluation: dict[str, Any]) -> None:
    print(f"{'candidate':<20} {'accuracy':>8} {'macro-F1':>8}   " + " ".join(f"F1({label:>2})" for label in LABELS))
    for name, figures in evaluation.items():
        per_class = " ".join(f"{figures['per_class'][str(label)]['f1']:6.4f}" for label in LABELS)
        print(f"{name:<20} {figures['accuracy']:8.4f} {figures['macro_f1']:8.4f}   {per_class}")


if __name__ == "__main__":
    with failures_reported():
        main()
