"""Read a file of reviews: the same columns as the training data."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ops.session import OpsError
from ops.upload import check_file

TITLE, TEXT, RATING = "Title", "Review Text", "Rating"


@dataclass(frozen=True)
class Review:
    """One row. `label` is -1, 0 or 1 where the file has a rating, else None."""

    title: str
    text: str
    label: int | None

    @property
    def instance(self) -> dict[str, str]:
        """The row as the API takes it."""
        return {"title": self.title, "text": self.text}


def read_reviews(file: Path) -> Iterator[Review]:
    """Every row of a .csv or .csv.gz file, in order. OpsError on a missing column or a row that cannot be read."""
    check_file(file)
    try:
        with _open(file) as lines:
            reader = csv.DictReader(lines, strict=True)
            columns = reader.fieldnames or []
            if TEXT not in columns:
                raise OpsError(f"{file} has no column {TEXT!r}. Found: {', '.join(columns) or 'nothing'}.")
            for row in reader:
                yield Review(
                    (row.get(TITLE) or "").strip(), (row[TEXT] or "").strip(), _label(row, file, reader.line_num)
                )
    except (csv.Error, UnicodeDecodeError, OSError, EOFError) as error:
        raise OpsError(f"{file} cannot be read: {error}. Give a UTF-8 CSV file with a header.") from None


def _open(file: Path) -> IO[str]:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8-sig", newline="")
    return file.open(encoding="utf-8-sig", newline="")


def _label(row: dict[str, str], file: Path, line: int) -> int | None:
    rating = (row.get(RATING) or "").strip()
    if not rating:
        return None
    if rating not in ("1", "2", "3", "4", "5"):
        raise OpsError(f"{file}, line {line}: {RATING} is {rating!r}, not 1 to 5. Correct it or leave it empty.")
    return (int(rating) > 3) - (int(rating) < 3)
