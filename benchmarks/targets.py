"""What a benchmark is held to, and the command line that all of them share."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Target:
    """One number and what it may be at most, or must be at least."""

    name: str
    value: float
    at_most: float | None = None
    at_least: float | None = None
    unit: str = ""

    @property
    def met(self) -> bool:
        above = self.at_most is None or self.value <= self.at_most
        return above and (self.at_least is None or self.value >= self.at_least)


def findings(targets: list[Target]) -> dict[str, Any]:
    """`{targets, machine}`: what every benchmark reports besides its own figures."""
    return {
        "targets": [{**asdict(target), "met": target.met} for target in targets],
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()},
    }


def all_met(found: Mapping[str, Any]) -> bool:
    return all(target["met"] for target in found["targets"])


def verdict(met: bool) -> str:
    return "met" if met else "not met"


def rows(found: Mapping[str, Any]) -> list[str]:
    """A line for each target: what was measured, what was allowed, and whether it was met."""
    lines = []
    for target in found["targets"]:
        most, least = target["at_most"], target["at_least"]
        limit = f"at most {most:.2f}" if most is not None else f"at least {least:.2f}"
        measured = f"{target['value']:.2f}{target['unit']}"
        lines.append(f"{target['name']:<50}{measured:>10}{limit:>15}  {verdict(target['met'])}")
    return lines


def command_line(name: str, description: str | None) -> argparse.ArgumentParser:
    """The parser of `python -m benchmarks.<name>`, for a benchmark to add its own options to."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=description)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured to FILE")
    parser.add_argument("--assert", action="store_true", dest="strict", help="exit 1 when a target is missed")
    return parser


def report(found: Mapping[str, Any], table: str, options: argparse.Namespace) -> int:
    """Print the table, write what was found where `--json` says, and return what the process answers."""
    print(table)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return int(options.strict and not all_met(found))
