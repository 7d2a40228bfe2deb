"""The three passes of preprocessing, each a function of one piece of the data that any process can do.

Chunks of the files become sorted runs on disk; slices of the runs lose their duplicates and are counted; when all are
counted, each slice is cut into the splits. No step holds more than a chunk, or a slice of about its size.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from csv_chunk import Chunk, CutError, chunks
from csv_table import Columns, fail_empty, read_header, read_reviews
from dataset import LABELS
from job import fail
from sorted_run import (
    HASH,
    Extent,
    Run,
    class_of,
    counts_of,
    groups,
    hash_of,
    read_records,
    records_of,
    remove_runs,
    write_run,
)
from split import Cut, assigned
from workers import Workers

PROGRESS_EVERY = 100_000  # rows


@dataclass(frozen=True, slots=True)
class Scratch:
    """Where the passes leave their files, and what they need to know."""

    folder: Path
    seed: int
    chunk_bytes: int

    def part(self, name: str, number: int) -> Path:
        return self.folder / f"{name}-{number:06}"


@dataclass
class Reading:
    """What became of every row that was read."""

    files: dict[str, int] = field(default_factory=dict)  # rows of each file
    without_text: int = 0
    runs: list[Run] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(self.files.values())


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk to read, and the columns of its file."""

    chunk: Chunk
    columns: Columns
    has_header: bool


@dataclass(frozen=True, slots=True)
class Part:
    """The distinct reviews of neighbouring slices; parts are numbered in the order of the hashes."""

    number: int
    counts: list[int]  # of each class
    duplicates_rated_otherwise: int


# --- the first pass: rows ---


def read_folder(folder: Path, scratch: Scratch, workers: Workers) -> Reading:
    """Reads all files below the folder into runs. Fails the job at the first row that is malformed, in their order."""
    paths = sorted(path for path in folder.rglob("*") if path.name.lower().endswith((".csv", ".csv.gz")))
    if not paths:
        fail(f"{folder}: no .csv or .csv.gz file in it. Upload the reviews as CSV, compressed or not.")
    try:
        reading = _read_all(_pieces(folder, paths, scratch), scratch, workers)
    except CutError:
        print("reading again: quotes alone do not tell where rows end", flush=True)
        remove_runs(scratch.folder)
        reading = _read_all(_pieces(folder, paths, scratch, exactly=True), scratch, workers)
    for name, rows in reading.files.items():
        if not rows:
            fail(f"{name}: the file has a header but no rows. Upload a file with reviews in it.")
        print(f"read {name}: {rows} rows", flush=True)
    return reading


def _read_all(pieces: Iterator[Piece], scratch: Scratch, workers: Workers) -> Reading:
    reading = Reading()
    for name, rows, reviews, run in workers.map(partial(_read, scratch), pieces):
        if reading.rows // PROGRESS_EVERY < (reading.rows + rows) // PROGRESS_EVERY:
            print(f"reading {name}: {reading.rows + rows} rows so far", flush=True)
        reading.files[name] = reading.files.get(name, 0) + rows
        reading.without_text += rows - reviews
        reading.runs.append(run)
    return reading


def _pieces(folder: Path, paths: list[Path], scratch: Scratch, exactly: bool = False) -> Iterator[Piece]:
    for path in paths:
        columns = None
        for chunk in chunks(path, path.relative_to(folder).as_posix(), scratch.chunk_bytes, exactly):
            has_header = columns is None
            columns = columns or read_header(chunk)
            yield Piece(chunk, columns, has_header)
        if columns is None:
            fail_empty(path.relative_to(folder).as_posix())


def _read(scratch: Scratch, piece: Piece) -> tuple[str, int, int, Run]:
    """The file, its rows in this piece, those of them with text, and where they are now."""
    reviews, rows = read_reviews(piece.chunk, piece.columns, piece.has_header)
    return piece.chunk.file, rows, len(reviews), write_run(scratch.folder, records_of(reviews, scratch.seed))


# --- the second pass: distinct reviews ---


def find_distinct(reading: Reading, scratch: Scratch, workers: Workers) -> list[Part]:
    """The distinct reviews of all runs, in the order of their hashes."""
    return list(workers.map(partial(_distinct, scratch), enumerate(groups(reading.runs, scratch.chunk_bytes))))


def _distinct(scratch: Scratch, task: tuple[int, list[Extent]]) -> Part:
    """Keeps the first of equal reviews: a copy on the other side of the split would be scored from memory."""
    number, extents = task
    records = read_records(scratch.folder, extents)
    otherwise = 0
    if len(set(map(hash_of, records))) < len(records):
        records, otherwise = _without_copies(records)
    scratch.part("distinct", number).write_bytes(b"".join([record[HASH:] for record in records]))
    return Part(number, counts_of(records), otherwise)


def _without_copies(records: list[bytes]) -> tuple[list[bytes], int]:
    """The first of each, and how many of the others were rated otherwise."""
    kept, otherwise = records[:1], 0
    for record in records[1:]:
        if hash_of(record) != hash_of(kept[-1]):
            kept.append(record)
        else:
            otherwise += class_of(record) != class_of(kept[-1])
    return kept, otherwise


# --- the third pass: splits ---


def cut(parts: list[Part], cuts: list[Cut], scratch: Scratch, workers: Workers) -> Iterator[dict[str, Path]]:
    """The pieces of the splits, in the order of the hashes; whoever takes them removes them."""
    return workers.map(partial(_cut, scratch, cuts), _ranked(parts))


def _ranked(parts: list[Part]) -> Iterator[tuple[Part, list[int]]]:
    """Each part with how many reviews of each class come before it."""
    ranks = [0] * len(LABELS)
    for part in parts:
        yield part, ranks
        ranks = [rank + count for rank, count in zip(ranks, part.counts, strict=True)]


def _cut(scratch: Scratch, cuts: list[Cut], task: tuple[Part, list[int]]) -> dict[str, Path]:
    part, ranks = task
    source = scratch.part("distinct", part.number)
    pieces = assigned(source.read_bytes(), ranks, part.counts, cuts)
    source.unlink()
    files = {name: scratch.part(name, part.number) for name in pieces}
    for name, file in files.items():
        file.write_bytes(pieces[name])
    return files
