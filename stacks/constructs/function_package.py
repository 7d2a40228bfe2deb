"""One folder of `lambda/` as the .zip that a function runs."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path

FUNCTIONS = Path(__file__).parent.parent.parent / "lambda"


def function_package(name: str) -> bytes:
    """The modules of `lambda/<name>`, kept as a package: nothing else of lambda/ travels with it.

    Equal files give equal bytes: names sorted, no time, no compression (they are a few kilobytes), no bytecode, which
    would be of this machine's Python.
    """
    modules = sorted((FUNCTIONS / name).glob("*.py"))
    return _packed(tuple((f"{name}/{path.name}", path.read_bytes()) for path in modules))


@cache
def _packed(files: tuple[tuple[str, bytes], ...]) -> bytes:
    """A function that several stacks have is packed once."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as package:
        for name, source in files:
            entry = zipfile.ZipInfo(name)
            # Lambda runs as a user of its own, which must be allowed to read.
            entry.external_attr = 0o644 << 16
            package.writestr(entry, source)
    return content.getvalue()
