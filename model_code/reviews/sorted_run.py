"""Labelled reviews on disk, sorted by a hash of their words: what a file larger than memory is split by.

A record is a line of bytes: the hash (32 hex digits) and the review as JSON, with the class (an index into LABELS) in
place of its weight, which is known when all are counted: `..., "weight": @2}`. Every chunk of the input becomes one
sorted run. The records of all runs whose hash begins alike make a slice; equal reviews have equal hashes, so a slice
holds all copies of a review and can be finished alone.
"""

import os
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate
from json.encoder import encode_basestring as quoted  # ensure_ascii=False
from operator import itemgetter
from pathlib import Path

from csv_table import Review
from dataset import LABELS

SLICES = 512
HASH = 32  # bytes
LABEL_OF_RATING = {1: -1, 2: -1, 3: 0, 4: 1, 5: 1}
hash_of = itemgetter(slice(0, HASH))
_CLASS: Callable[[bytes], int] = itemgetter(-3)
_STARTS = [f"{number * 0x10000 // SLICES:04x}".encode() for number in range(SLICES)]


Extent = tuple[int, int, int]  # some bytes of a process's runs, begin and end; plain numbers, for they travel in masses


@dataclass(frozen=True, slots=True)
class Run:
    """Where a run is: its file, which holds other runs as well, and where each slice begins and the last one ends."""

    process: int  # whose file it is
    offsets: "array[int]"


def records_of(reviews: Iterable[Review], seed: int) -> list[bytes]:
    """One record for each review. The seed gives every review another hash, so the splits fall otherwise."""
    salt = blake2b(str(seed).encode(), digest_size=blake2b.SALT_SIZE).digest()
    salted = blake2b(digest_size=HASH // 2, salt=salt)
    records = []
    for title, text, rating, department in reviews:
        words = f'"title": {quoted(title)}, "text": {quoted(text)}'.encode()
        digest = salted.copy()
        digest.update(words)
        records.append(b"%b{%b%b" % (digest.hexdigest().encode(), words, _tail(rating, department)))
    return records


@lru_cache(maxsize=1024)
def _tail(rating: int, department: str) -> bytes:
    """What stands after a review's words; as often as not the same as a moment ago."""
    label = LABEL_OF_RATING[rating]
    traits = f', "label": {label}, "rating": {rating}, "department": {quoted(department.strip())}'
    return traits.encode() + unweighted(label + 1)


def unweighted(index: int) -> bytes:
    """The end of a record of that class."""
    return b', "weight": @%d}\n' % index


def class_of(record: bytes) -> int:
    """The index of the record's class."""
    return _CLASS(record) - ord("0")


def counts_of(records: Iterable[bytes]) -> list[int]:
    """How many there are of each class."""
    counts = Counter(map(_CLASS, records))
    return [counts[ord("0") + index] for index in range(len(LABELS))]


def write_run(folder: Path, records: list[bytes]) -> Run:
    """Adds the records to this process's file in the folder, sorted by hash, equal ones in their order."""
    records.sort(key=hash_of)
    process = os.getpid()
    with _file(folder, process).open("ab") as stream:
        ends = [stream.tell(), *accumulate(map(len, records), initial=stream.tell())][1:]
        stream.write(b"".join(records))
    bounds = [bisect_left(records, start) for start in _STARTS] + [len(records)]
    return Run(process, array("Q", [ends[bound] for bound in bounds]))


def _file(folder: Path, process: object) -> Path:
    return folder / f"runs-{process}"


def remove_runs(folder: Path) -> None:
    """All that are written already."""
    for file in folder.glob(_file(folder, "*").name):
        file.unlink()


def groups(runs: list[Run], most: int) -> Iterator[list[Extent]]:
    """Where the records of neighbouring slices are, about `most` bytes at a time, one slice at least; all, in order."""
    sizes = [sum(run.offsets[number + 1] - run.offsets[number] for run in runs) for number in range(SLICES)]
    first = held = 0
    for number, size in enumerate(sizes):
        if held and held + size > most:
            yield [(run.process, run.offsets[first], run.offsets[number]) for run in runs]
            first, held = number, 0
        held += size
    yield [(run.process, run.offsets[first], run.offsets[SLICES]) for run in runs]


def read_records(folder: Path, extents: Iterable[Extent]) -> list[bytes]:
    """The records of all extents, sorted by hash, equal ones in the order of the extents."""
    files: dict[int, int] = {}
    records: list[bytes] = []
    try:
        for process, begin, end in extents:
            if process not in files:
                files[process] = os.open(_file(folder, process), os.O_RDONLY)
            records += os.pread(files[process], end - begin, begin).splitlines(keepends=True)
    finally:
        for descriptor in files.values():
            os.close(descriptor)
    records.sort(key=hash_of)
    return records
