"""Pickles, by what is in a file and not only by its name: loading one runs whatever code is in it.

Looked into: zip archives (.npz, PyTorch's own), gzip, bzip2, xz and zlib streams (joblib's), NumPy arrays of objects.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickletools  # nosec B403 # operations are read here, and none is executed
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import IO, Protocol

from refused import RefusedError

SUFFIXES = {".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".pt", ".pth", ".sav"}
STARTS = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
# What makes a pickle more than data: names that are imported, and calls.
CALLS = {"GLOBAL", "STACK_GLOBAL", "INST", "OBJ", "REDUCE", "NEWOBJ", "NEWOBJ_EX", "BUILD", "EXT1", "EXT2", "EXT4"}
MOST_OPERATIONS = 100_000
NUMPY = b"\x93NUMPY"
LZ4 = b"\x04\x22\x4d\x18"
DEEPEST = 4
_FIX = "Save JSON, .npy of numbers, UBJ, ONNX or safetensors instead."


class Readable(Protocol):
    """A stream that is read once, from its beginning."""

    def read(self, size: int, /) -> bytes:
        """At most about `size` bytes; nothing at the end."""


def refuse_pickles(name: str, content: IO[bytes], max_bytes: int, depth: int = 0) -> None:
    """Raises RefusedError if the file is a pickle, holds one, or hides what it holds; `max_bytes`: when unpacked."""
    if PurePosixPath(name).suffix.lower() in SUFFIXES:
        raise RefusedError(f"{name} has the name of a pickle, which runs code when it is loaded. {_FIX}")
    content.seek(0)
    start = content.read(8)
    if start.startswith(STARTS) or _calls(content):
        raise RefusedError(f"{name} is a pickle, which runs code when it is loaded. {_FIX}")
    if start.startswith(NUMPY) and _of_objects(content):
        raise RefusedError(f"{name} is a NumPy array of objects, which are pickled. Save numbers or fixed texts.")
    if depth >= DEEPEST:
        raise RefusedError(f"{name} is packed in {DEEPEST} layers, and nobody can see what is inside. Unpack it.")
    if start.startswith(LZ4):
        raise RefusedError(f"{name} is compressed with LZ4, and cannot be looked into. Save it as it is.")
    content.seek(0)
    if zipfile.is_zipfile(content):
        _inside_zip(name, content, max_bytes, depth)
    elif unpack := _unpacker(start):
        _inside_stream(name, unpack, content, max_bytes, depth)


def _calls(content: IO[bytes]) -> bool:
    """Whether the oldest protocols' operations, which no magic number announces, import or call something."""
    content.seek(0)
    calls = False
    try:
        for number, (operation, _, _) in enumerate(pickletools.genops(content)):
            calls = calls or operation.name in CALLS
            if operation.name == "STOP" or number > MOST_OPERATIONS:
                return calls
    except Exception:  # whatever it stumbles over: no pickle
        return False
    return False


def _of_objects(content: IO[bytes]) -> bool:
    """Whether an .npy file's header describes objects; one that cannot be read is taken for it."""
    content.seek(len(NUMPY))
    major = content.read(2)[:1]
    length = int.from_bytes(content.read(2 if major == b"\x01" else 4), "little")
    header = content.read(min(length, 65536))
    return b"|O" in header or b"'O'" in header or b"descr" not in header


def _inside_zip(name: str, content: IO[bytes], max_bytes: int, depth: int) -> None:
    with zipfile.ZipFile(content) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > max_bytes:
            raise RefusedError(f"{name} unpacks to more than the model may. Leave out what serving does not need.")
        for entry in archive.infolist():
            if entry.flag_bits & 1:
                raise RefusedError(f"{name}: {entry.filename} is encrypted, and cannot be looked into.")
            with archive.open(entry) as inner:
                _look(f"{name}: {entry.filename}", inner, max_bytes, depth)


def _inside_stream(
    name: str, unpack: Callable[[IO[bytes]], Readable], content: IO[bytes], max_bytes: int, depth: int
) -> None:
    content.seek(0)
    try:
        _look(f"{name} (unpacked)", unpack(content), max_bytes, depth)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        # It only begins like one.
        return


def _look(name: str, stream: Readable, max_bytes: int, depth: int) -> None:
    """What is inside, in a file that can be read twice."""
    with tempfile.SpooledTemporaryFile(64 * 1024 * 1024) as copy:
        size = 0
        while chunk := stream.read(1024 * 1024):
            size += len(chunk)
            if size > max_bytes:
                raise RefusedError(f"{name} unpacks to more than the model may. Leave out what serving does not need.")
            copy.write(chunk)
        refuse_pickles(name, copy, max_bytes, depth + 1)


def _unpacker(start: bytes) -> Callable[[IO[bytes]], Readable] | None:
    if start.startswith(b"\x1f\x8b"):
        return lambda content: gzip.GzipFile(fileobj=content, mode="rb")
    if start.startswith(b"BZh"):
        return lambda content: bz2.BZ2File(content)
    if start.startswith(b"\xfd7zXZ\x00") or start.startswith(b"\x5d\x00\x00"):
        return lambda content: lzma.LZMAFile(content)
    if start[:1] == b"\x78" and len(start) > 1 and int.from_bytes(start[:2], "big") % 31 == 0:
        return _Zlib
    return None


class _Zlib:
    """A zlib stream as a file."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content, self._unpacked = content, zlib.decompressobj()

    def read(self, size: int) -> bytes:
        """At most about `size` bytes; nothing at the end."""
        while not self._unpacked.eof:
            data = self._unpacked.unconsumed_tail or self._content.read(size)
            if not data:
                raise EOFError("the stream ends too early")
            if found := self._unpacked.decompress(data, size):
                return found
        return b""
