"""Read a file of reviews by the rules of the job that reads it in the cloud (model_code/reviews/preprocess.py).

The job's code belongs to its container and cannot be imported here; tests/contracts/test_csv_readers.py holds both to
the same answers. What the job would refuse after minutes is refused here before anything starts.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from ops.session import OpsError
from ops.upload import check_file

TITLE, TEXT, RATING = COLUMNS = ("Title", "Review Text", "Rating")
LABEL_OF_RATING = {"1": -1, "2": -1, "3": 0, "4": 1, "5": 1}
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Row = dict[str, str]


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


def check_data(file: Path) -> int:
    """The number of rows of a file that the pipeline would take. Raises OpsError on the first thing it would not."""
    return sum(1 for _ in read_training_data(file))


def read_training_data(file: Path) -> Iterator[Review]:
    """Every row of a .csv or .csv.gz file that can be trained on: all columns, and a rating wherever there is text."""
    for line, row in _rows(file, needed=COLUMNS):
        yield _review(row, _label(row[RATING], f"{file}, line {line}") if row[TEXT].strip() else None)


def read_reviews(file: Path) -> Iterator[Review]:
    """Every row of a file to predict: as for training, but titles and ratings may be missing."""
    for line, row in _rows(file, needed=(TEXT,)):
        rated = row[TEXT].strip() and row.get(RATING, "").strip()
        yield _review(row, _label(row[RATING], f"{file}, line {line}") if rated else None)


def _review(row: Row, label: int | None) -> Review:
    return Review(row.get(TITLE, "").strip(), row[TEXT].strip(), label)


def _label(rating: str, place: str) -> int:
    # Spreadsheets and pandas write 5 as 5.0 once a column has had a gap.
    label = LABEL_OF_RATING.get(rating.strip().removesuffix(".0"))
    if label is None:
        raise OpsError(f"{place}: {RATING} is {_shown(rating)}, not 1 to 5. Correct it or remove the row.")
    return label


def _rows(file: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, Row]]:
    """Each row by column name, with the line it starts on; there is at least one."""
    check_file(file)
    rows = _strict_rows(file)
    header = next(rows, (0, []))[1]
    if not header:
        raise OpsError(f"{file} is empty. Give a CSV file with the columns {', '.join(COLUMNS)}.")
    _check_header(header, needed, file)
    line = 0
    for line, values in rows:
        if len(values) != len(header):
            raise OpsError(
                f"{file}, line {line}: {len(values)} fields where the header has {len(header)}. "
                "Put text that contains commas or line breaks in double quotes."
            )
        yield line, dict(zip(header, values, strict=True))
    if not line:
        raise OpsError(f"{file} has a header but no rows. Give a file with reviews in it.")


def _check_header(header: list[str], needed: tuple[str, ...], file: Path) -> None:
    names = ", ".join(header)
    for column in COLUMNS:
        times = header.count(column)
        if times > 1:
            raise OpsError(f"{file} has {times} columns {column!r}, which is ambiguous. Found: {names}.")
        if not times and column in needed:
            raise OpsError(f"{file} has no column {column!r}. Found: {names}.")


def _strict_rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Every row that holds anything, the header among them, with the line it starts on."""
    reader = csv.reader(_lines(file), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise OpsError(
                f"{file} cannot be read: the row that starts on line {line} is not valid CSV ({error}). "
                'Put text in double quotes and write a double quote inside it twice ("").'
            ) from None
        if values:
            yield line, values


def _lines(file: Path) -> Iterator[str]:
    try:
        with _open(file) as stream:
            for number, line in enumerate(stream, start=1):
                yield _decoded(line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line, f"line {number}")
    # OSError also stands for a file that is no gzip.
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise OpsError(f"{file} cannot be read: {error}. Give a CSV file in UTF-8, whole if gzipped.") from None


def _open(file: Path) -> gzip.GzipFile | BufferedReader:
    return gzip.open(file) if file.name.lower().endswith(".gz") else file.open("rb")


def _decoded(line: bytes, place: str) -> str:
    """Raises ValueError, with the place, on bytes that are no text."""
    if b"\0" in line:
        raise ValueError(f"{place} has a NUL byte")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{place} is not UTF-8") from None


def _shown(value: str) -> str:
    return repr(value if len(value) <= 40 else value[:40] + "…")
