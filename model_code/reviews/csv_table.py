"""The rows of a CSV file of reviews: which columns count, what a row must hold, and what is said when it does not."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat
from operator import itemgetter
from typing import Any

from csv_chunk import Chunk, CutError
from job import fail

TITLE, TEXT, RATING = COLUMNS = ("Title", "Review Text", "Rating")
DEPARTMENT = "Department Name"  # optional; evaluation reports by it
LONGEST_FIELD = 2**17  # characters: what is longer is no review but a quote that is never closed
RATINGS = {"1": 1, "2": 2, "3": 3, "4": 4, "5": 5}
RATINGS |= {f"{rating}.0": value for rating, value in RATINGS.items()}  # as pandas writes them after a gap

Review = tuple[str, str, int, str]  # title, text, rating, department


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns that count stand in a file's header."""

    width: int
    title: int
    text: int
    rating: int
    department: int | None


def read_header(chunk: Chunk) -> Columns:
    """The columns that the file's first chunk names."""
    line, header = next(_strict_rows(chunk), (0, []))
    if not header:
        fail_empty(chunk.file)
    place = f"{chunk.file} line {line}"
    for column in COLUMNS:
        if header.count(column) != 1:
            times = header.count(column)
            wrong = f"occurs {times} times, which is ambiguous" if times else "is missing"
            found = ", ".join(repr(each) for each in header)
            fail(
                f"{place}: column {column!r} {wrong}; found {found}. Line 1 must name {', '.join(COLUMNS)} once "
                "each, with commas between them."
            )
    department = header.index(DEPARTMENT) if header.count(DEPARTMENT) == 1 else None
    return Columns(len(header), header.index(TITLE), header.index(TEXT), header.index(RATING), department)


def fail_empty(name: str) -> None:
    fail(f"{name}: the file is empty. Upload a CSV file with the columns {', '.join(COLUMNS)}.")


def read_reviews(chunk: Chunk, columns: Columns, has_header: bool) -> tuple[list[Review], int]:
    """The reviews that have text, in order, and the number of all rows. Fails the job at the first malformed row."""
    try:
        return _quickly(chunk, columns, has_header)
    except (csv.Error, UnicodeDecodeError, LookupError):
        return _carefully(chunk, columns, has_header)


def _quickly(chunk: Chunk, columns: Columns, has_header: bool) -> tuple[list[Review], int]:
    """Raises where a row is not as nearly all are, without a word where: whole columns at once, a third of the time."""
    content = chunk.read()
    if b"\0" in content:
        raise LookupError
    lines = map(bytes.decode, io.BytesIO(content))
    rows = [values for values in _reader(lines) if values][has_header:]
    if any(map(columns.width.__ne__, map(len, rows))):
        raise LookupError
    departments = repeat("") if columns.department is None else map(itemgetter(columns.department), rows)
    values_of = itemgetter(columns.title, columns.text, columns.rating)
    reviews = [
        (title.strip(), stripped, RATINGS[rating], department)
        for (title, text, rating), department in zip(map(values_of, rows), departments, strict=False)
        if (stripped := text.strip())
    ]
    return reviews, len(rows)


def _carefully(chunk: Chunk, columns: Columns, has_header: bool) -> tuple[list[Review], int]:
    rows = list(_checked_rows(chunk, columns, has_header))
    return [row for row in rows if row], len(rows)


def _checked_rows(chunk: Chunk, columns: Columns, has_header: bool) -> Iterator[Review | None]:
    """Every row's review, None for one without text; fails the job with the line of the first that is malformed."""
    rows = _strict_rows(chunk)
    if has_header:
        next(rows)
    for line, values in rows:
        if len(values) != columns.width:
            fail(
                f"{chunk.file} line {line}: {len(values)} fields, starting {shown(','.join(values))}, where the "
                f"header has {columns.width}. Put text that contains commas or line breaks in double quotes."
            )
        text, written = values[columns.text].strip(), values[columns.rating]
        rating = RATINGS.get(written.strip())
        if text and rating is None:
            fail(
                f"{chunk.file} line {line}: Rating is {shown(written)}; a rating is a whole number from 1 to 5. "
                "Correct it or remove the row."
            )
        department = "" if columns.department is None else values[columns.department]
        yield (values[columns.title].strip(), text, rating, department) if text and rating else None


def _reader(lines: Iterable[str]) -> Any:
    csv.field_size_limit(LONGEST_FIELD)  # the process's
    return csv.reader(lines, strict=True)


def _strict_rows(chunk: Chunk) -> Iterator[tuple[int, list[str]]]:
    """Every row that holds anything, the header among them, with the line it starts on.

    Raises CutError if one is malformed and the chunk's cut may be what is wrong with it.
    """
    reader = _reader(_lines(chunk))
    line = chunk.first_line
    try:
        for values in reader:
            if values:
                yield line, values
            line = chunk.first_line + reader.line_num
    except csv.Error as error:
        if not chunk.exact:
            raise CutError from error
        fail(
            f"{chunk.file} line {line}: the row that starts here is not valid CSV ({error}). Put text in double quotes "
            'and write a double quote inside it twice ("").'
        )


def _lines(chunk: Chunk) -> Iterable[str]:
    """The chunk's lines as text. Bytes that are no text fail the job, when the reader comes to their line."""
    numbered = enumerate(io.BytesIO(chunk.read()), start=chunk.first_line)
    return (_decoded(line, f"{chunk.file} line {number}") for number, line in numbered)


def _decoded(line: bytes, place: str) -> str:
    if b"\0" in line:
        fail(f"{place}: a NUL byte at column {line.index(0) + 1}; CSV is text. Save the file as CSV in UTF-8.")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        bad = line[error.start : error.end]
        fail(f"{place}: bytes {bad!r} at column {error.start + 1} are not UTF-8. Save the file as CSV in UTF-8.")


def shown(value: str) -> str:
    return repr(value if len(value) <= 40 else value[:40] + "…")
