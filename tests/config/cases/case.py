"""One way to break a rule, and its allowed twin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from config.examples import changed

Changes = Mapping[str, Any]
__all__ = ["ACCOUNT", "REGION", "Case", "Changes", "changed"]

ACCOUNT = "111122223333"
REGION = "eu-west-1"


@dataclass(frozen=True)
class Case:
    """`breach` and `twin` map dotted paths to the values that they put into the environment's file.

    `path` and `value` are what the finding must name; `fix` is a part of what it must say.
    """

    rule: str
    breach: Changes
    path: str
    value: Any
    fix: str
    twin: Changes = field(default_factory=dict)
    environment: str = "dev"

    def file(self, folder: Path, changes: Changes) -> Path:
        """The environment's file in `folder`, changed."""
        file = folder / f"{self.environment}.yaml"
        file.write_text(yaml.safe_dump(changed(self.environment, changes)))
        return file
