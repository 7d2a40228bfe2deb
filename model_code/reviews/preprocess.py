"""Reviews as CSV in, labelled train / validation / test splits out.

Run it on a laptop, from this folder:

    python sample.py --out /tmp/reviews/raw/sample.csv
    python preprocess.py --input-dir /tmp/reviews/raw --output-dir /tmp/reviews/splits --balance weight

Reads every .csv and .csv.gz below the input folder (UTF-8, a header row, columns `Title`, `Review Text`, `Rating` and,
where there is one, `Department Name`; others are ignored) and writes {train,validation,test}/part-0.jsonl and
report/report.json. Same input and seed, same bytes, however many processes work and however large a chunk is. Anything
malformed fails the job with its file and line: a row is dropped only if it has no text or repeats an earlier one, and
both are counted.

The passes are in corpus.py, the arithmetic of the splits in split.py.
"""

import argparse
import gc
import json
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from corpus import Part, Reading, Scratch, cut, find_distinct, read_folder
from dataset import LABELS
from job import Arguments, fail, failures_reported, non_negative_int, positive_int
from split import BALANCERS, SPLITS, cuts_of
from workers import workers_of


def main() -> None:
    options = parse_arguments()
    check_fractions(options.validation_fraction, options.test_fraction)
    with tempfile.TemporaryDirectory(prefix="preprocess-") as folder, workers_of(options.processes) as workers:
        scratch = Scratch(Path(folder), options.seed, options.chunk_bytes)
        reading = read_folder(options.input_dir, scratch, workers)
        parts = find_distinct(reading, scratch, workers)
        counts = [sum(part.counts[index] for part in parts) for index in range(len(LABELS))]
        cuts = cuts_of(counts, options.validation_fraction, options.test_fraction, options.balance)
        write_splits(cut(parts, cuts, scratch, workers), options.output_dir)
    report = {"seed": options.seed, "balance": options.balance, **counted(reading, parts, counts), "per_split": {}}
    for name in SPLITS:
        rows = [cut.rows()[name] for cut in cuts]
        report["per_split"][name] = {**per_class(rows), "total": sum(rows)}
    write_report(report, options.output_dir / "report")


def parse_arguments() -> argparse.Namespace:
    arguments = Arguments(__doc__)
    arguments.add_argument("--input-dir", type=Path, default=Path("/opt/ml/processing/input"))
    arguments.add_argument("--output-dir", type=Path, default=Path("/opt/ml/processing/output"))
    arguments.add_argument("--balance", choices=sorted(BALANCERS), default="weight")
    arguments.add_argument("--validation-fraction", type=float, default=0.1)
    arguments.add_argument("--test-fraction", type=float, default=0.2)
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--processes", type=non_negative_int, default=0, help="0: one for every core")
    arguments.add_argument("--chunk-bytes", type=positive_int, default=2**20, help="a process holds a few of them")
    options: argparse.Namespace = arguments.parse_args()
    return options


def check_fractions(validation: float, test: float) -> None:
    if not (validation > 0 and test > 0 and validation + test < 1):
        fail(
            f"--validation-fraction {validation} --test-fraction {test}: each must be above 0 and their sum below 1, "
            "so that every split has rows. Use for example 0.1 and 0.2."
        )


def write_splits(pieces: Iterable[dict[str, Path]], folder: Path) -> None:
    """One file for each split, of its pieces in their order, while others make the next ones."""
    with ExitStack() as files:
        targets = {}
        for name in SPLITS:
            (folder / name).mkdir(parents=True, exist_ok=True)
            targets[name] = files.enter_context((folder / name / "part-0.jsonl").open("wb"))
        for its in pieces:
            for name, piece in its.items():
                targets[name].write(piece.read_bytes())
                piece.unlink()


def counted(reading: Reading, parts: list[Part], counts: list[int]) -> dict[str, object]:
    rows = {
        "read": reading.rows,
        "without_text": reading.without_text,
        "duplicates": reading.rows - reading.without_text - sum(counts),
        "duplicates_rated_otherwise": sum(part.duplicates_rated_otherwise for part in parts),
        "kept": sum(counts),
    }
    return {"files": reading.files, "rows": rows, "per_class": per_class(counts)}


def per_class(counts: list[int]) -> dict[str, int]:
    return {str(label): count for label, count in zip(LABELS, counts, strict=True)}


def write_report(report: dict[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for name in SPLITS:
        print(f"wrote {name}: {report['per_split'][name]['total']} rows", flush=True)


if __name__ == "__main__":
    # Nothing here makes cycles, and looking for them in every row that is read costs a tenth of the time.
    gc.disable()
    with failures_reported():
        main()
