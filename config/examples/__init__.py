"""For each rule what breaks it and what is nearly the same and allowed, for `python -m config explain`."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from config.errors import ConfigurationError, Finding
from config.load import ENVIRONMENTS, load

_HERE = Path(__file__).parent
# Of the environment that most rules are shown in, so that what ships may use settings that an example is about.
BASE = _HERE / "base.yaml"
BASE_ENVIRONMENT = "dev"
Changes = Mapping[str, Any]


@dataclass(frozen=True)
class Example:
    """`fails` and `passes`: dotted path -> value, changes of base.yaml, or of another `environment`'s file as it ships.

    `beside`: other environments' changes, whose files lie in the same folder. `words` stand instead where no file
    could show it: what fails, what passes.
    """

    environment: str = BASE_ENVIRONMENT
    fails: Changes = field(default_factory=dict)
    passes: Changes = field(default_factory=dict)
    beside: Mapping[str, Changes] = field(default_factory=dict)
    words: tuple[str, ...] = ()

    def write(self, folder: Path, changes: Changes) -> Path:
        """The environment's file in `folder`, changed, with those beside it."""
        for name, its in {**self.beside, self.environment: changes}.items():
            (folder / f"{name}.yaml").write_text(yaml.safe_dump(changed(name, its)), "utf-8")
        return folder / f"{self.environment}.yaml"

    def findings(self, changes: Changes) -> list[Finding]:
        """What is wrong with the environment after these changes."""
        with tempfile.TemporaryDirectory() as folder:
            try:
                load(self.write(Path(folder), changes))
            except ConfigurationError as error:
                return error.findings
        return []


def examples() -> dict[str, Example]:
    """Rule -> example."""
    found: dict[str, Example] = {}
    for path in sorted(set(_HERE.glob("*.yaml")) - {BASE}):
        for rule, its in yaml.safe_load(path.read_text("utf-8")).items():
            found[rule] = Example(**{**its, "words": tuple(its.get("words", ()))})
    return found


def changed(environment: str, changes: Changes) -> dict[str, Any]:
    """The settings of base.yaml, or of another environment as it ships, changed.

    Mappings on the way are made when they are absent.
    """
    file = BASE if environment == BASE_ENVIRONMENT else ENVIRONMENTS / f"{environment}.yaml"
    settings: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    for path, value in changes.items():
        *above, last = path.split(".")
        inner = settings
        for key in above:
            inner = inner.setdefault(key, {})
        inner[last] = value
    return settings
