"""A labelled review and the JSON-lines files that hold a split of them (`part-0.jsonl`, a review a line)."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from job import fail

LABELS = (-1, 0, 1)  # negative, neutral, positive; the order of every probability row and confusion matrix


@dataclass(frozen=True, slots=True)
class Review:
    title: str
    text: str
    label: int
    weight: float = 1.0
    rating: int | None = None  # as the customer gave it; models learn from it, evaluation reports by it
    department: str = ""  # for the evaluation's report alone: requests have none


def write_split(folder: Path, reviews: Iterable[Review]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "part-0.jsonl").open("w", encoding="utf-8", newline="\n") as stream:
        for review in reviews:
            stream.write(json.dumps(asdict(review), ensure_ascii=False) + "\n")


def read_split(folder: Path) -> list[Review]:
    """All reviews of a split's folder, in the order of file names and lines."""
    files = sorted(folder.glob("*.jsonl"))
    reviews = [review for file in files for review in _read_file(file)]
    if not reviews:
        fail(f"{folder}: no review in any *.jsonl file there. Run preprocess.py first and point here at its output.")
    return reviews


def _read_file(file: Path) -> list[Review]:
    reviews = []
    with file.open(encoding="utf-8", newline="\n") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                review = Review(**json.loads(line))
            except (ValueError, TypeError) as error:
                fail(f"{file} line {number}: not a review of preprocess.py's ({error}). Run preprocess.py again.")
            if review.label not in LABELS:
                fail(f"{file} line {number}: label {review.label!r} is none of {LABELS}. Run preprocess.py again.")
            reviews.append(review)
    return reviews
