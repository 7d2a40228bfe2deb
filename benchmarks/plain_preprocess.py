"""`python benchmarks/plain_preprocess.py SOURCE FOLDER`: the job of preprocess.py as a loop over rows, to compare with.

What one writes first: every row a dict, all reviews in memory, one process. It reads, checks, labels, drops copies,
splits by class and writes the same columns; it says less about what is wrong.
"""

import csv
import json
import random
import sys
from pathlib import Path
from typing import Any

Review = dict[str, Any]
LABELS = {1: -1, 2: -1, 3: 0, 4: 1, 5: 1}


def read(source: Path) -> list[Review]:
    reviews: dict[tuple[str, str], Review] = {}
    with source.open(encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream, strict=True), start=1):
            title, text = row["Title"].strip(), row["Review Text"].strip()
            if not text:
                continue
            rating = int(float(row["Rating"]))
            if rating not in LABELS:
                raise ValueError(f"row {number}: rating {rating}")
            review = {"title": title, "text": text, "label": LABELS[rating], "rating": rating}
            reviews.setdefault((title, text), review | {"department": row["Department Name"].strip()})
    return list(reviews.values())


def split(reviews: list[Review], choice: random.Random) -> dict[str, list[Review]]:
    splits: dict[str, list[Review]] = {"train": [], "validation": [], "test": []}
    for label in (-1, 0, 1):
        members = [review for review in reviews if review["label"] == label]
        choice.shuffle(members)
        tested, validated = round(len(members) * 0.2), round(len(members) * 0.1)
        splits["test"] += members[:tested]
        splits["validation"] += members[tested : tested + validated]
        splits["train"] += members[tested + validated :]
    for members in splits.values():
        choice.shuffle(members)
    return splits


def main(source: Path, folder: Path) -> None:
    splits = split(read(source), random.Random(7))  # noqa: S311  # nosec B311 # jitter and repeatable samples, nothing secret
    counts = {label: sum(review["label"] == label for review in splits["train"]) for label in (-1, 0, 1)}
    for name, members in splits.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        with (folder / name / "part-0.jsonl").open("w", encoding="utf-8", newline="\n") as stream:
            for review in members:
                weight = len(members) / (3 * counts[review["label"]]) if name == "train" else 1.0
                stream.write(json.dumps({**review, "weight": weight}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
