"""`python -m benchmarks.worker OUTDIR FILE...`: synthesize environment files in one process, one after another."""

from __future__ import annotations

import sys
from pathlib import Path

from app import compose, new_app
from config import load


def synthesize(outdir: Path, files: list[Path]) -> None:
    """One cloud assembly for each file, `<outdir>/<environment>`, with the feature flags of cdk.json."""
    for file in files:
        app = new_app(outdir=str(outdir / file.stem))
        compose(app, load(file))
        app.synth()


if __name__ == "__main__":
    synthesize(Path(sys.argv[1]), [Path(file) for file in sys.argv[2:]])
