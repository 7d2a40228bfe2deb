"""Callers of the API while a test does something else: a process of its own (load.py), and what it was answered."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import Ashlar
from tests.local.cloud import eventually

RATE = 30.0


@dataclass
class Callers:
    """They are at work, `RATE` requests a second, since `begun`, in seconds since the epoch."""

    file: Path
    begun: float

    def answers(self, since: float = 0.0) -> list[dict[str, Any]]:
        """Every answer whose request was sent after `since`: load.py's lines."""
        lines = [line for line in self.file.read_text().splitlines(keepends=True) if line.endswith("\n")]
        return [answer for answer in map(json.loads, lines) if answer["at"] >= since]

    def failed(self, since: float = 0.0) -> list[dict[str, Any]]:
        """Those that were no prediction."""
        return [answer for answer in self.answers(since) if answer["status"] != 200]

    def go_on(self) -> None:
        """Wait until a second's worth of requests were sent from now on."""
        now = time.time()
        eventually(lambda: len(self.answers(now)) >= RATE, seconds=60)


@contextmanager
def calling(ashlar: Ashlar, folder: Path) -> Iterator[Callers]:
    """For the time of the block; what they were answered stays readable."""
    out = folder / "answers.jsonl"
    command = [".venv/bin/python", "-m", "tests.end_to_end.load", "--endpoint", "reviews"]
    options = ["--rate", str(RATE), "--out", str(out)]
    with ashlar.start(*command, *options, stdin=subprocess.PIPE) as process:
        try:
            eventually(lambda: out.exists() and out.stat().st_size, seconds=60)
            yield Callers(out, time.time())
        finally:
            process.communicate(timeout=60)
    assert process.returncode == 0
