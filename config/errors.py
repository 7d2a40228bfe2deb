"""What is wrong in a configuration file, said so that it can be mended without reading our code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One thing wrong: where (`path`, dotted), what (`value`), which rule it breaks and what to write instead."""

    path: str
    value: Any
    rule: str
    message: str
    fix: str
    source: str = ""

    def line(self, file: Path) -> str:
        """The finding as one paragraph for a terminal."""
        where = f"{file}: {self.path or '(top level)'}"
        source = f" Source: {self.source}." if self.source else ""
        return f"{where} = {self.value!r}: {self.message} [{self.rule}] Fix: {self.fix}{source}"


class ConfigurationError(Exception):
    """A file that cannot be used, with all its findings."""

    def __init__(self, file: Path, findings: list[Finding]) -> None:
        self.file = file
        self.findings = findings
        super().__init__("\n".join(finding.line(file) for finding in findings))
