"""What runs in the place of a container image: there is no Docker here, so the user says which command stands for it.

Standard library only: the command line uses it before anything is installed.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_FILE = "images.json"
_USUAL_STATE = Path(__file__).resolve().parent / ".state"


@dataclass(frozen=True)
class StandIn:
    """The whole command, and the folder that it runs in."""

    command: list[str]
    folder: str

    def __str__(self) -> str:
        return f"{shlex.join(self.command)}  (in {self.folder})"


def all_of(state: Path) -> dict[str, StandIn]:
    """Return the stand-ins by the image's URI."""
    try:
        recorded = json.loads((state / _FILE).read_text())
    except FileNotFoundError:
        return {}
    return {image: StandIn(**given) for image, given in recorded.items()}


def usage(state: Path, image: str) -> str:
    """Return what the user types to say what runs in the place of an image."""
    elsewhere = "" if state == _USUAL_STATE else f"--state {shlex.quote(str(state))} "
    return f"python -m local image add {elsewhere}{image} -- COMMAND [ARGUMENT ...]"


def find(state: Path, image: str) -> StandIn | None:
    """Return what runs in the place of an image, if somebody has said it."""
    return all_of(state).get(image)


def add(state: Path, image: str, command: Sequence[str], folder: Path) -> None:
    """Say what runs in the place of an image from now on, in instances that start."""
    _write(state, {**all_of(state), image: StandIn(list(command), str(folder))})


def remove(state: Path, image: str) -> bool:
    """Forget an image; False where it had no stand-in."""
    known = all_of(state)
    found = known.pop(image, None)
    if found:
        _write(state, known)
    return found is not None


def _write(state: Path, stand_ins: dict[str, StandIn]) -> None:
    """Write all at once: the server never reads half a file."""
    unfinished = state / f"{_FILE}.new"
    unfinished.write_text(json.dumps({image: asdict(stand_in) for image, stand_in in stand_ins.items()}, indent=2))
    unfinished.replace(state / _FILE)
