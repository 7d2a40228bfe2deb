"""Looks inside each candidate's model.tar.gz before any code of it runs and before it is registered.

    python3 scan.py --models-dir DIR --output-dir DIR --max-artifact-mb 500 --with-manifest linear,xgboost

Each folder below --models-dir is a candidate. Nothing is unpacked to disk and nothing is loaded. scan.json gets each
artifact's checksum, size and number of files. Needs Python's own library only, so it runs in any image.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from artifact import look_at
from refused import RefusedError

MEGABYTE = 1024 * 1024
MESSAGE_LIMIT = 1024  # SageMaker cuts ExitMessage here


def main(arguments: Sequence[str]) -> int:
    """0, or 1 with the reason on stderr and where SageMaker reads a processing job's ExitMessage from."""
    try:
        options = _options(arguments)
        found, refused = scan(options.models_dir, options.max_artifact_mb * MEGABYTE, options.with_manifest.split(","))
    except Exception as error:
        traceback.print_exc()
        return _fail(f"{type(error).__name__}: {error}")
    options.output_dir.mkdir(parents=True, exist_ok=True)
    report = {"artifacts": found, "refused": refused}
    (options.output_dir / "scan.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if refused:
        return _fail(" ".join(refused))
    print(f"scanned {', '.join(found)}: no pickle, no link, nothing outside, checksums right", flush=True)
    return 0


def scan(models: Path, max_bytes: int, with_manifest: Sequence[str]) -> tuple[dict[str, dict[str, object]], list[str]]:
    """What was found in each artifact, and the reason for each that is refused."""
    folders = sorted(path for path in models.iterdir() if path.is_dir()) if models.is_dir() else []
    if not folders:
        return {}, [f"{models} holds no candidate's folder: there is nothing to scan."]
    found: dict[str, dict[str, object]] = {}
    refused = []
    for folder in folders:
        try:
            found[folder.name] = look_at(folder / "model.tar.gz", max_bytes, folder.name in with_manifest)
        except RefusedError as reason:
            refused.append(f"Candidate {folder.name}: {reason}")
    return found, refused


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--models-dir", type=Path, required=True)
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--max-artifact-mb", type=int, required=True)
    parser.add_argument("--with-manifest", required=True, help="candidates whose artifact lists its files, by comma")
    return parser.parse_args(arguments)


def _fail(reason: str) -> int:
    message = " ".join(reason.split())
    print(f"error: {message}", file=sys.stderr, flush=True)
    text = message if len(message) <= MESSAGE_LIMIT else message[: MESSAGE_LIMIT - 1] + "…"
    folder = Path(os.environ.get("SM_OUTPUT_DIR", "/opt/ml/output"))
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "message").write_text(text, encoding="utf-8")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
