"""manifest.json: what a model's archive must hold, file by file, so that a damaged or altered one is found out.

{"files": {"code/inference.py": {"sha256": "<64 hex>", "bytes": 1234}, ...}}    # all but manifest.json itself
"""

import hashlib
import json
from pathlib import Path

from job import fail

NAME = "manifest.json"


def write_manifest(folder: Path) -> None:
    """Of all files in the folder as they are now."""
    content = {"files": _entries(folder)}
    (folder / NAME).write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def check_manifest(folder: Path, owner: str) -> None:
    """Fails the job if the folder's files are not those of its manifest; `owner` is who the message names."""
    file = folder / NAME
    if not file.is_file():
        fail(f"{owner}: no {NAME} in its archive. The training script must write it last, with write_manifest.")
    try:
        declared = json.loads(file.read_text(encoding="utf-8"))["files"]
    except (ValueError, TypeError, KeyError) as error:
        fail(f"{owner}: {NAME} is no manifest ({type(error).__name__}: {error}). Train again.")
    found = _entries(folder)
    wrong = sorted(name for name in found.keys() | declared if found.get(name) != declared.get(name))
    if wrong:
        fail(f"{owner}: {', '.join(wrong[:5])} differ from {NAME}: changed, missing or added. Train again.")


def _entries(folder: Path) -> dict[str, dict[str, object]]:
    files = (path for path in folder.rglob("*") if path.is_file() and path != folder / NAME)
    return {path.relative_to(folder).as_posix(): _entry(path) for path in files}


def _entry(path: Path) -> dict[str, object]:
    with path.open("rb") as stream:
        return {"sha256": hashlib.file_digest(stream, "sha256").hexdigest(), "bytes": path.stat().st_size}
