"""`make help` tells of everything that one may ask of make."""

from __future__ import annotations

import re
import subprocess

from tests.conftest import ROOT

# Steps of other targets.
INTERNAL = {"help", "input", "limits", "started"}


def should_list_every_target() -> None:
    declared = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    targets = {target for line in declared for target in line.split()} - INTERNAL
    assert len(targets) > 12
    done = subprocess.run(
        ["make", "--no-print-directory", "help"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    listed = set(re.findall(r"(?:make|\|) ([a-z-]+)", done.stdout))
    assert listed == targets
    # The head comment, and nothing of the next one.
    assert done.stdout.startswith("Ashlar: ") and done.stdout.count("\n") <= 12
    assert all(line.startswith("  make ") for line in done.stdout.splitlines()[1:])
