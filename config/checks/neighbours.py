"""The other environments that share an account and region."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from config.errors import ConfigurationError
from config.reading import read
from config.schema import Platform


def neighbours(platform: Platform, file: Path) -> Iterator[tuple[Platform, str]]:
    """Those of the folder's other files, with the file's name; a file that is wrong has errors of its own."""
    for path in sorted(file.parent.glob("*.yaml")):
        if path.name == file.name or platform.account not in path.read_text("utf-8", errors="replace"):
            continue
        try:
            other = Platform.model_validate(read(path))
        except (ConfigurationError, ValidationError):
            continue
        if (other.account, other.region) == (platform.account, platform.region):
            yield other, path.name
