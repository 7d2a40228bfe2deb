"""The first thing that is wrong in a value, with where it is and what to send instead."""

import json
from collections.abc import Mapping
from typing import Any

LONGEST_EXAMPLE = 200


class Violation(Exception):  # noqa: N818 - a value that is wrong is no fault of ours
    """The first thing wrong: what must hold, and the schema that says so. The path grows as it is passed up."""

    def __init__(self, said: str, schema: Mapping[str, Any], *path: str | int) -> None:
        super().__init__(said)
        self.said = said
        self._schema = schema
        self._path: list[str | int] = list(path)

    def under(self, step: str | int) -> "Violation":
        """The same, seen from the value that has it at `step`."""
        self._path.append(step)
        return self

    @property
    def pointer(self) -> str:
        """RFC 6901. Its names are the schema's: a caller's own key could be as long as the body."""
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in reversed(self._path))
        return "".join(f"/{step}" for step in steps)

    @property
    def advice(self) -> str:
        """What to send instead; "" where the schema gives no example."""
        example = example_of(self._schema)
        text = "" if example is None else json.dumps(example, ensure_ascii=False)
        return f" Send for example {text}." if 0 < len(text) <= LONGEST_EXAMPLE else ""


def example_of(schema: Mapping[str, Any]) -> Any:
    """A value that the schema's own examples give; None without any."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "items" in schema:
        item = example_of(schema["items"])
        return None if item is None else [item]
    found = {name: example_of(its) for name, its in schema.get("properties", {}).items()}
    return {name: example for name, example in found.items() if example is not None} or None
