"""What scanners say and what has been accepted, in one form for all of them."""

from __future__ import annotations

from dataclasses import dataclass

# Findings in Python sources and in tracked files belong to all environments.
SOURCES = "sources"


@dataclass(frozen=True, order=True)
class Place:
    """Where a finding is. In a template: stack, construct path and logical id; in sources: file and line."""

    environment: str
    stack: str
    logical_id: str
    path: str

    @classmethod
    def in_file(cls, path: str, line: int) -> Place:
        """A line of a file."""
        return cls(SOURCES, path, str(line), f"{path}:{line}")

    def __str__(self) -> str:
        return self.path if self.environment == SOURCES else f"{self.path} ({self.logical_id})"


@dataclass(frozen=True, order=True)
class Finding:
    """One rule that one resource or line breaks. `tool` is the family that found it."""

    tool: str
    rule: str
    place: Place
    message: str


@dataclass(frozen=True, order=True)
class Acknowledgement:
    """One accepted finding. `origin` tells two statements of a policy apart that cause the same finding."""

    rule: str
    place: Place
    reason: str
    evidence: str
    origin: str = ""


class ReviewError(Exception):
    """The review cannot be relied on: a scanner failed, or did not see what was planted for it."""
