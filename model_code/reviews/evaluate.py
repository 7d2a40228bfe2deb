"""Scores every candidate, and the champion where there is one, on the same test split through the code that serves it.

Run it on a laptop, from this folder, after preprocess.py and the training scripts:

    python evaluate.py --test-dir /tmp/reviews/splits/test --models-dir /tmp/reviews/models --output-dir /tmp/reviews

Each folder below --models-dir is a candidate and holds its model.tar.gz. --champion-dir holds the model.tar.gz of the
model that is served now; it may be empty or missing. Each is unpacked, searched for pickles, and asked in JSON in a
process of its own.

Writes evaluation.json: for each candidate (and `champion`) accuracy, macro-F1, per-class figures and confusion matrix
(rows: the true class, columns: the predicted one); candidates also have `behind_champion`, how far they are below it
in each metric, 0 where there is none. And report.html: the same for people, with curves, errors and parts.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from answers import answers_of
from dataset import LABELS, read_split
from figures import scores
from job import Arguments, fail, failures_reported
from report import Evaluated, page

CHAMPION = "champion"
METRICS = ("macro_f1", "accuracy")


def main() -> None:
    options = parse_arguments()
    reviews = read_split(options.test_dir)
    archives = find_archives(options.models_dir)
    champion = find_champion(options.champion_dir)
    models = archives | ({CHAMPION: champion} if champion else {})
    print(f"evaluating {', '.join(models)} on {len(reviews)} reviews", flush=True)
    labels = [review.label for review in reviews]
    answers, evaluation = {}, {}
    for name, archive in models.items():
        answers[name] = answers_of(CHAMPION if name == CHAMPION else f"candidate {name}", archive, reviews)
        evaluation[name] = scores(labels, answers[name].labels)
        print(f"evaluated {name}", flush=True)
    compare(evaluation)
    evaluated = [
        Evaluated(name, answers[name], its, *verdict(name, evaluation, options)) for name, its in evaluation.items()
    ]
    options.output_dir.mkdir(parents=True, exist_ok=True)
    (options.output_dir / "evaluation.json").write_text(json.dumps(evaluation, indent=2) + "\n", encoding="utf-8")
    (options.output_dir / "report.html").write_text(page(evaluated, reviews), encoding="utf-8", errors="replace")
    print_table(evaluation)


def parse_arguments() -> argparse.Namespace:
    arguments = Arguments(__doc__)
    arguments.add_argument("--test-dir", type=Path, default=Path("/opt/ml/processing/test"))
    arguments.add_argument("--models-dir", type=Path, default=Path("/opt/ml/processing/models"))
    arguments.add_argument("--champion-dir", type=Path, default=Path("/opt/ml/processing/input/champion"))
    arguments.add_argument("--output-dir", type=Path, default=Path("/opt/ml/processing/evaluation"))
    arguments.add_argument("--metric", choices=METRICS, default="macro_f1", help="what the report's verdict goes by")
    arguments.add_argument("--at-least", type=float, default=0.0, help="for the report: what a candidate must reach")
    arguments.add_argument("--not-below-champion-by", type=float, help="for the report: how far below it may be")
    return arguments.parse_args()


def find_archives(models: Path) -> dict[str, Path]:
    """Each candidate's archive, by the name of its folder."""
    if not models.is_dir() or not any(path.is_dir() for path in models.iterdir()):
        fail(f"{models}: no candidate folder in it. Put each candidate's model.tar.gz in a folder named after it.")
    archives = {folder.name: folder / "model.tar.gz" for folder in sorted(models.iterdir()) if folder.is_dir()}
    for name, archive in archives.items():
        if not archive.is_file():
            fail(f"candidate {name}: {archive} is missing. Train the candidate, or remove its folder.")
    if CHAMPION in archives:
        fail(f"candidate {CHAMPION}: the name is taken by the model that is served now. Name the candidate otherwise.")
    return archives


def find_champion(folder: Path) -> Path | None:
    """The champion's archive; None before any model is served."""
    archives = sorted(folder.rglob("*.tar.gz")) if folder.is_dir() else []
    if len(archives) > 1:
        fail(f"{CHAMPION}: {len(archives)} archives in {folder}, where one is the champion. Leave that one.")
    return archives[0] if archives else None


def compare(evaluation: dict[str, Any]) -> None:
    """Adds `behind_champion`: a condition of a pipeline can compare a number, but not subtract two."""
    champion = evaluation.get(CHAMPION)
    for name, its in evaluation.items():
        if name != CHAMPION:
            its["behind_champion"] = {key: champion[key] - its[key] if champion else 0.0 for key in METRICS}


def verdict(name: str, evaluation: dict[str, Any], options: argparse.Namespace) -> tuple[bool | None, str]:
    """Whether a candidate passes what the report was told of the gate, and why."""
    if name == CHAMPION:
        return None, "served now"
    value, behind = evaluation[name][options.metric], evaluation[name]["behind_champion"][options.metric]
    if value < options.at_least:
        return False, f"below the gate's {options.at_least:g}"
    if options.not_below_champion_by is not None and behind > options.not_below_champion_by:
        return False, f"{behind:.4f} below the champion, where {options.not_below_champion_by:g} is allowed"
    rivals = [its[options.metric] for other, its in evaluation.items() if other != CHAMPION]
    passed = "passes" if options.at_least else "evaluated"
    return True, f"{passed}, best of {len(rivals)}" if value == max(rivals) and len(rivals) > 1 else passed


def print_table(evaluation: dict[str, Any]) -> None:
    print(f"{'candidate':<20} {'accuracy':>8} {'macro-F1':>8}   " + " ".join(f"F1({label:>2})" for label in LABELS))
    for name, figures in evaluation.items():
        per_class = " ".join(f"{figures['per_class'][str(label)]['f1']:6.4f}" for label in LABELS)
        print(f"{name:<20} {figures['accuracy']:8.4f} {figures['macro_f1']:8.4f}   {per_class}")


if __name__ == "__main__":
    with failures_reported():
        main()
