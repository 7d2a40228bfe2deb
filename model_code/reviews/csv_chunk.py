"""A piece of a CSV file that holds whole rows: what one process reads, so that memory grows with it, not with the file.

A row ends at a line break outside double quotes, which only a reader from the file's start can know: one process cuts,
the others parse. Where every quote opens or closes a field, as in what a program wrote, it is enough to count them,
which takes a tenth of the time of parsing. Who parses a chunk learns whether that was so: a chunk begins with a row if
those before it were right, and is right if it then ends with one. If not (CutError), everything is cut again, by a
pattern that reads quotes as csv.reader does.
"""

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from job import fail

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MOST_ROW = 16 * 2**20  # bytes: what is longer without an end is no review but a quote that is never closed
# Rows as csv.reader takes them: a quote at a field's start opens it, one within it is a character like any other.
# Possessive (`*+`): what has matched is never tried again.
_QUOTED = rb'(?<![^,\n])"[^"]*+(?:""[^"]*+)*+"(?=\r?[,\n])'
_ROWS = re.compile(rb'(?:[^"\n]*+(?:(?:%b|(?<=[^,\n])")[^"\n]*+)*+\n)*+' % _QUOTED)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole rows of one file; the last chunk of a file that breaks off may end within one."""

    file: str  # as messages name it
    first_line: int  # counted from 1
    content: bytes | tuple[Path, int, int]  # or where it is: path, first byte, bytes
    exact: bool = False  # cut by the pattern

    def read(self) -> bytes:
        if isinstance(self.content, bytes):
            return self.content
        path, begin, size = self.content
        with path.open("rb") as stream:
            stream.seek(begin)
            return stream.read(size)


class CutError(Exception):
    """A chunk that was cut by counting quotes is no whole rows, or holds a malformed one."""


def chunks(path: Path, name: str, size: int, exactly: bool = False) -> Iterator[Chunk]:
    """The file's chunks of about `size` bytes, none of them empty. Fails the job if the file is no whole gzip file."""
    line, rest = 1, b""
    # Of a file that is not compressed, who parses reads for itself: cheaper than to hand it over.
    begin = 0 if _compressed(path) else _first_byte(path)
    try:
        for block in _blocks(path, size):
            rest += block
            end = (0 if exactly else _end_by_quotes(rest)) or _end_by_pattern(rest)
            if end == 0 and len(rest) > MOST_ROW:
                yield Chunk(name, line, rest, exactly)  # whatever is wrong with this row, who parses it says so
                fail(f"{name} line {line}: the row that starts here is longer than {MOST_ROW} bytes. Close its quotes.")
            if end:
                yield Chunk(name, line, rest[:end] if _compressed(path) else (path, begin, end), exactly)
                line += rest.count(b"\n", 0, end)
                begin += end
                rest = rest[end:]
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        read = line - 1 + rest.count(b"\n")
        fail(f"{name} after line {read}: not a whole gzip file ({error}). Compress the CSV file again and upload it.")
    if rest:
        yield Chunk(name, line, rest, exactly)


def _end_by_quotes(rows: bytes) -> int:
    """Where the last row ends that ends here, if every quote opens or closes a field; 0 if none does."""
    end = rows.rfind(b"\n")
    within = rows.count(b'"', 0, max(end, 0)) % 2
    while within and end >= 0:
        previous = rows.rfind(b"\n", 0, end)
        within ^= rows.count(b'"', previous + 1, end) % 2
        end = previous
    return end + 1


def _end_by_pattern(rows: bytes) -> int:
    """Where the last row ends that ends here; 0 if none does."""
    return _ROWS.match(rows).end()  # type: ignore[union-attr]  # it matches nothing at least


def _blocks(path: Path, size: int) -> Iterator[bytes]:
    """The file's bytes, uncompressed and without a byte order mark."""
    with gzip.open(path) if _compressed(path) else path.open("rb") as stream:
        block = stream.read(max(size, len(BYTE_ORDER_MARK))).removeprefix(BYTE_ORDER_MARK)
        while block:
            yield block
            block = stream.read(size)


def _compressed(path: Path) -> bool:
    return path.name.lower().endswith(".gz")


def _first_byte(path: Path) -> int:
    """Of the text: after the byte order mark, if there is one."""
    with path.open("rb") as stream:
        return len(BYTE_ORDER_MARK) if stream.read(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK else 0
