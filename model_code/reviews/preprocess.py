"""Reviews as CSV in, labelled train / validation / test splits out.

Run it on a laptop, from this folder:

    python sample.py --out /tmp/reviews/raw/sample.csv
    python preprocess.py --input-dir /tmp/reviews/raw --output-dir /tmp/reviews/splits --balance weight

Reads every .csv and .csv.gz below the input folder (UTF-8, a header row, columns `Title`, `Review Text`, `Rating`;
others are ignored) and writes {train,validation,test}/part-0.jsonl and report/report.json. Same input and seed, same
bytes. Anything malformed fails the job with its file and line: a row is dropped only if it has no text or repeats an
earlier one, and both are counted.
"""

import csv
import gzip
import json
import random
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from dataset import LABELS, Review, write_split
from job import Arguments, fail, failures_reported

COLUMNS = ("Title", "Review Text", "Rating")
LABEL_OF_RATING = {"1": -1, "2": -1, "3": 0, "4": 1, "5": 1}
RATINGS_OF_LABEL = {-1: "1 or 2", 0: "3", 1: "4 or 5"}
SPLITS = ("train", "validation", "test")
PROGRESS_EVERY = 50_000  # rows


def main() -> None:
    arguments = Arguments(__doc__)
    arguments.add_argument("--input-dir", type=Path, default=Path("/opt/ml/processing/input"))
    arguments.add_argument("--output-dir", type=Path, default=Path("/opt/ml/processing/output"))
    arguments.add_argument("--balance", choices=sorted(BALANCERS), default="weight")
    arguments.add_argument("--validation-fraction", type=float, default=0.1)
    arguments.add_argument("--test-fraction", type=float, default=0.2)
    arguments.add_argument("--seed", type=int, default=7)
    options = arguments.parse_args()
    check_fractions(options.validation_fraction, options.test_fraction)

    corpus = read_corpus(options.input_dir)
    splits = split(corpus.reviews, options.validation_fraction, options.test_fraction, options.seed)
    # Validation and test keep the world's own proportions: they measure, they do not teach.
    splits["train"] = BALANCERS[options.balance](splits["train"], generator(options.seed))

    report = {"seed": options.seed, "balance": options.balance, **corpus.counts(), "per_split": {}}
    for name in SPLITS:
        write_split(options.output_dir / name, splits[name])
        report["per_split"][name] = {**per_class(splits[name]), "total": len(splits[name])}
        print(f"wrote {name}: {len(splits[name])} rows", flush=True)
    folder = options.output_dir / "report"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def check_fractions(validation: float, test: float) -> None:
    if not (validation > 0 and test > 0 and validation + test < 1):
        fail(
            f"--validation-fraction {validation} --test-fraction {test}: each must be above 0 and their sum below 1, "
            "so that every split has rows. Use for example 0.1 and 0.2."
        )


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass
class Corpus:
    """The distinct reviews of all files, and what became of every row that was read."""

    labels: dict[tuple[str, str], int] = field(default_factory=dict)  # (title, text) -> label, in reading order
    files: dict[str, int] = field(default_factory=dict)  # rows read of each file
    without_text: int = 0
    duplicates: int = 0
    duplicates_rated_otherwise: int = 0

    def add(self, title: str, text: str, label: int) -> None:
        """Keeps the first of equal reviews: a copy on the other side of the split would be scored from memory."""
        first = self.labels.setdefault((title, text), label)
        self.duplicates_rated_otherwise += first != label

    @property
    def reviews(self) -> list[Review]:
        return [Review(title, text, label) for (title, text), label in self.labels.items()]

    def counts(self) -> dict[str, object]:
        read = sum(self.files.values())
        rows = {
            "read": read,
            "without_text": self.without_text,
            "duplicates": read - self.without_text - len(self.labels),
            "duplicates_rated_otherwise": self.duplicates_rated_otherwise,
            "kept": len(self.labels),
        }
        return {"files": self.files, "rows": rows, "per_class": per_class(self.reviews)}


def read_corpus(folder: Path) -> Corpus:
    paths = sorted(path for path in folder.rglob("*") if path.name.lower().endswith((".csv", ".csv.gz")))
    if not paths:
        fail(f"{folder}: no .csv or .csv.gz file in it. Upload the reviews as CSV, compressed or not.")
    corpus = Corpus()
    for path in paths:
        add_file(corpus, path, path.relative_to(folder).as_posix())
    return corpus


def add_file(corpus: Corpus, path: Path, name: str) -> None:
    rows = 0
    without_text = corpus.without_text
    for line, row in read_rows(path, name):
        rows += 1
        text = row["Review Text"].strip()
        if text:
            corpus.add(row["Title"].strip(), text, label_of(row["Rating"], f"{name} line {line}"))
        else:
            corpus.without_text += 1
        if rows % PROGRESS_EVERY == 0:
            print(f"reading {name}: {rows} rows so far", flush=True)
    if not rows:
        fail(f"{name}: the file has a header but no rows. Upload a file with reviews in it.")
    corpus.files[name] = rows
    print(f"read {name}: {rows} rows, {corpus.without_text - without_text} without text", flush=True)


def label_of(rating: str, place: str) -> int:
    # Spreadsheets and pandas write 5 as 5.0 once a column has had a gap.
    label = LABEL_OF_RATING.get(rating.strip().removesuffix(".0"))
    if label is None:
        fail(
            f"{place}: Rating is {shown(rating)}; a rating is a whole number from 1 to 5. Correct it or remove the row."
        )
    return label


def read_rows(path: Path, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row by column name, with the line it starts on."""
    rows = strict_rows(path, name)
    line, header = next(rows, (0, []))
    if not header:
        fail(f"{name}: the file is empty. Upload a CSV file with the columns {', '.join(COLUMNS)}.")
    check_header(header, f"{name} line {line}")
    for line, values in rows:
        if len(values) != len(header):
            fail(
                f"{name} line {line}: {len(values)} fields, starting {shown(','.join(values))}, where the header has "
                f"{len(header)}. Put text that contains commas or line breaks in double quotes."
            )
        yield line, dict(zip(header, values, strict=True))


def check_header(header: list[str], place: str) -> None:
    for column in COLUMNS:
        times = header.count(column)
        if times != 1:
            wrong = f"occurs {times} times, which is ambiguous" if times else "is missing"
            found = ", ".join(repr(each) for each in header)
            fail(
                f"{place}: column {column!r} {wrong}; found {found}. Line 1 must name {', '.join(COLUMNS)} once "
                "each, with commas between them."
            )


def strict_rows(path: Path, name: str) -> Iterator[tuple[int, list[str]]]:
    """Every row that holds anything, the header among them, with the line it starts on."""
    reader = csv.reader(read_lines(path, name), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fail(
                f"{name} line {line}: the row that starts here is not valid CSV ({error}). Put text in double quotes "
                'and write a double quote inside it twice ("").'
            )
        if values:
            yield line, values


def read_lines(path: Path, name: str) -> Iterator[str]:
    """The file's lines as text; bytes that are no text fail the job with their line."""
    number = 0
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                yield decoded(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line, f"{name} line {number}")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        fail(f"{name} after line {number}: not a whole gzip file ({error}). Compress the CSV file again and upload it.")


def decoded(line: bytes, place: str) -> str:
    if b"\0" in line:
        fail(f"{place}: a NUL byte at column {line.index(0) + 1}; CSV is text. Save the file as CSV in UTF-8.")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        bad = line[error.start : error.end]
        fail(f"{place}: bytes {bad!r} at column {error.start + 1} are not UTF-8. Save the file as CSV in UTF-8.")


def shown(value: str) -> str:
    return repr(value if len(value) <= 40 else value[:40] + "…")


# --- splitting and balancing -----------------------------------------------------------------------------------------


def split(reviews: list[Review], validation: float, test: float, seed: int) -> dict[str, list[Review]]:
    """Cuts every class at the same fractions, with at least one review of each class in each split."""
    random_order = generator(seed)
    splits: dict[str, list[Review]] = {name: [] for name in SPLITS}
    for label in LABELS:
        members = [review for review in reviews if review.label == label]
        tested, validated = (max(1, round(len(members) * fraction)) for fraction in (test, validation))
        if len(members) <= tested + validated:
            fail(
                f"class {label} (rating {RATINGS_OF_LABEL[label]}) has {len(members)} distinct reviews with text, too "
                f"few for train, validation and test; it needs at least {len(SPLITS)}. Add reviews with that rating."
            )
        random_order.shuffle(members)
        splits["test"] += members[:tested]
        splits["validation"] += members[tested : tested + validated]
        splits["train"] += members[tested + validated :]
    for name in SPLITS:
        random_order.shuffle(splits[name])
    return splits


def weighted(train: list[Review], _: random.Random) -> list[Review]:
    """Weights that give every class the same total, with a mean of 1."""
    counts = Counter(review.label for review in train)
    return [replace(review, weight=len(train) / (len(counts) * counts[review.label])) for review in train]


def oversampled(train: list[Review], choice: random.Random) -> list[Review]:
    """Repeats reviews of the smaller classes until all are as large as the largest."""
    size = max(Counter(review.label for review in train).values())
    return shuffled((members + choice.choices(members, k=size - len(members)) for members in by_class(train)), choice)


def undersampled(train: list[Review], choice: random.Random) -> list[Review]:
    """Leaves out reviews of the larger classes until all are as small as the smallest."""
    size = min(Counter(review.label for review in train).values())
    return shuffled((choice.sample(members, size) for members in by_class(train)), choice)


def untouched(train: list[Review], _: random.Random) -> list[Review]:
    return train


BALANCERS: dict[str, Callable[[list[Review], random.Random], list[Review]]] = {
    "weight": weighted,
    "oversample": oversampled,
    "undersample": undersampled,
    "none": untouched,
}


def by_class(reviews: list[Review]) -> list[list[Review]]:
    return [[review for review in reviews if review.label == label] for label in LABELS]


def shuffled(groups: Iterator[list[Review]], order: random.Random) -> list[Review]:
    reviews = list(chain.from_iterable(groups))
    order.shuffle(reviews)
    return reviews


def per_class(reviews: list[Review]) -> dict[str, int]:
    counts = Counter(review.label for review in reviews)
    return {str(label): counts[label] for label in LABELS}


def generator(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # nosec B311 # jitter and repeatable samples, nothing secret


if __name__ == "__main__":
    with failures_reported():
        main()
