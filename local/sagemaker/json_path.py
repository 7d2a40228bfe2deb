"""The JSONPath of batch transform's filters: `$`, names, positions and slices.

Source: "Associate Prediction Results with Input Records" of the SageMaker developer guide, JSONPath operators.
"""

import re
from typing import Any

from local.sagemaker.errors import validation

_STEP = re.compile(
    r"""\.(?P<name>[A-Za-z_][\w\-]*)
      | \.?(?P<all>\*|\[\*\])
      | \[(?P<names>\s*'[^']*'\s*(?:,\s*'[^']*'\s*)*)\]
      | \[(?P<start>-?\d*):(?P<end>-?\d*)\]
      | \[(?P<positions>\s*-?\d+\s*(?:,\s*-?\d+\s*)*)\]""",
    re.VERBOSE,
)


class NothingFoundError(Exception):
    """The path leads to nothing in this record."""


class JsonPath:
    """One filter. A path that may find several things finds a list, in their order."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._steps: list[dict[str, str | None]] = []
        if not text.startswith("$"):
            raise validation(f"The filter {text!r} is no JSONPath: it must begin with $.")
        position = 1
        while position < len(text):
            match = _STEP.match(text, position)
            if match is None:
                raise validation(f"The filter {text!r} cannot be read from {text[position:]!r} on.")
            self._steps.append(match.groupdict())
            position = match.end()

    @property
    def is_all(self) -> bool:
        """Whether the filter leaves everything as it is."""
        return not self._steps

    def find(self, value: Any) -> Any:
        """Return what the path finds; NothingFoundError for nothing."""
        found = [value]
        several = False
        for step in self._steps:
            found = [item for one in found for item in _follow(step, one)]
            several = several or _is_several(step)
        if not found:
            raise NothingFoundError(f"{self.text} finds nothing")
        return found if several else found[0]


def _is_several(step: dict[str, str | None]) -> bool:
    lists = (step["names"] or "") + (step["positions"] or "")
    return step["all"] is not None or step["start"] is not None or "," in lists


def _follow(step: dict[str, str | None], value: Any) -> list[Any]:
    if isinstance(value, dict):
        if step["all"] is not None:
            return list(value.values())
        names = [step["name"]] if step["name"] else re.findall(r"'([^']*)'", step["names"] or "")
        return [value[name] for name in names if name in value]
    if isinstance(value, list):
        return _entries(step, value)
    return []


def _entries(step: dict[str, str | None], value: list[Any]) -> list[Any]:
    if step["all"] is not None:
        return value
    if step["start"] is not None:
        return value[slice(*(int(end) if end else None for end in (step["start"], step["end"])))]
    positions = [int(position) for position in (step["positions"] or "").split(",") if position.strip()]
    return [value[position] for position in positions if -len(value) <= position < len(value)]
