"""One folder of `lambda/` as the .zip that a function runs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FUNCTIONS = Path(__file__).parent.parent.parent / "lambda"


def function_package(name: str, files: Mapping[str, bytes] | None = None) -> bytes:
    """The modules of `lambda/<name>`, kept as a package: nothing else of lambda/ travels with it, but `files` beside.

    Equal files give equal bytes where the compressor is the same: names sorted, no time, no bytecode, which would be of
    this machine's Python.
    """
    return _packed(_content(name, files), zipfile.ZIP_DEFLATED)


def package_source(name: str, files: Mapping[str, bytes] | None = None) -> bytes:
    """The same without compression, for its hash: the same bytes on every machine."""
    return _packed(_content(name, files), zipfile.ZIP_STORED)


def _content(name: str, files: Mapping[str, bytes] | None) -> tuple[tuple[str, bytes], ...]:
    content = {path.name: path.read_bytes() for path in (FUNCTIONS / name).glob("*.py")} | dict(files or {})
    return tuple((f"{name}/{file}", content[file]) for file in sorted(content))


@cache
def _packed(files: tuple[tuple[str, bytes], ...], compression: int) -> bytes:
    """A function that several stacks have is packed once."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as package:
        for name, source in files:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = compression
            # Lambda runs as a user of its own, which must be allowed to read.
            entry.external_attr = 0o644 << 16
            package.writestr(entry, source)
    return content.getvalue()
