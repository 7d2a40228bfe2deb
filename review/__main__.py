"""`python -m review [--environment NAME ...] [--out review/report.json]`: the security review.

Exit code 0 when nothing is open, 1 when something is, 2 when the review itself cannot be relied on.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app import ROOT
from config import ConfigurationError
from config.load import ENVIRONMENTS
from review.controls import TableError
from review.findings import ReviewError
from review.report import text, write_json, write_rows
from review.run import Plant, Stopwatch, review

BUILD = ROOT / "build" / "review"


def main(arguments: list[str], *, build: Path = BUILD, plant: Plant | None = None, files: tuple[Path, ...] = ()) -> int:
    """Review and report. What is built goes below `build`, which is emptied; `plant`, `files`: `review.run.review`."""
    parser = argparse.ArgumentParser(prog="python -m review", description=__doc__)
    parser.add_argument("--environment", action="append", help="review this one; may be repeated; all by default")
    parser.add_argument("--out", type=Path, default=ROOT / "review" / "report.json", help="where the report goes")
    options = parser.parse_args(arguments)
    environments = options.environment or sorted(file.stem for file in ENVIRONMENTS.glob("*.yaml"))
    rows = options.out.with_suffix(".txt")
    # What an earlier review certified says nothing about a later one that fails.
    for report in (options.out, rows):
        report.unlink(missing_ok=True)
    watch = Stopwatch()
    try:
        outcome = review(environments, build, watch, plant=plant, files=files)
    except (ConfigurationError, ReviewError, TableError) as error:
        print(error, file=sys.stderr)
        return 2
    write_json(outcome, options.out)
    write_rows(outcome, rows)
    print(text(outcome))
    print(f"Every control, row by row: {rows}; everything as data: {options.out}")
    print("Seconds: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in watch.items()))
    return 0 if outcome.is_clean else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
