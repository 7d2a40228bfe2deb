"""bandit over the Python sources and detect-secrets over all files, with the exceptions that stand in comments.

Both run with their own way of looking away switched off; which comment accepts what is read here:

    run(command)  # nosec B603 # our own command, and no shell
    secret = "local"  # pragma: allowlist secret - the local cloud's, worth nothing
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from app import ROOT
from review.findings import Acknowledgement, Finding, Place
from review.scanners import run_json

NOT_SOURCES = {".git", ".venv", ".state", "node_modules", "build", "__pycache__", "cdk.out", "__snapshots__"}
CACHES = re.compile(r"\.[a-z]+_cache$|\.hypothesis$|cdk\.out\.")
BINARY = {".pyc", ".gz", ".png", ".jpg", ".ico"}
# Their hashes are public and fill every line. Keys and tokens of known forms are looked for in them all the same.
GENERATED = re.compile(r"(requirements[a-z-]*\.txt|package-lock\.json)$|/__snapshots__/|/build/review/")
ENTROPY = ("Base64HighEntropyString", "HexHighEntropyString")
NOSEC = re.compile(r"#\s*nosec\b(?P<rules>[^#\n]*)(?:#\s*(?P<reason>.*))?")
PRAGMA = re.compile(r"pragma: ?(?:allow|white)list(?P<next>[ -]nextline)?[ -]secret(?P<reason>.*)", re.IGNORECASE)
BANDIT_RULE = re.compile(r"B\d{3}$")
SECRET = "detect-secrets"


def tracked_files(root: Path = ROOT) -> list[Path]:
    """What belongs to the project: neither installed nor built."""
    files = []
    for directory, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if (f not in NOT_SOURCES or f == "__snapshots__") and not CACHES.match(f))
        files += [Path(directory, name) for name in sorted(names) if Path(name).suffix not in BINARY]
    return [file for file in files if file.name != "predictions.jsonl"]


def bandit(files: Iterable[Path]) -> list[Finding]:
    """All findings, `# nosec` or not. Importing subprocess (B404) is none: each call of it is judged (B602-B607)."""
    python = [str(file) for file in files if file.suffix == ".py" and "tests" not in file.relative_to(ROOT).parts]
    answer = run_json("bandit", "-q", "--format", "json", "--ignore-nosec", "--skip", "B404", *python)
    return sorted(
        Finding("bandit", found["test_id"], Place.in_file(_name(found["filename"]), line), found["issue_text"])
        for found in answer["results"]
        for line in [_line_of_nosec(found)]
    )


def _line_of_nosec(found: dict[str, Any]) -> int:
    """A call over several lines may carry its comment on any of them: the first that has one, else its own line."""
    lines = _lines(Path(found["filename"]))
    numbers = [*found["line_range"], found["line_number"]]
    return next((n for n in numbers if found["test_id"] in "".join(m["rules"] for m in NOSEC.finditer(lines[n - 1]))), found["line_number"])


def secrets(files: Sequence[Path]) -> list[Finding]:
    """All findings, allowed by a pragma or not."""
    generated = [file for file in files if GENERATED.search(file.as_posix())]
    written = [file for file in files if file not in set(generated)]
    quiet = [argument for plugin in ENTROPY for argument in ("--disable-plugin", plugin)]
    return sorted({*_secrets(written), *_secrets(generated, *quiet)})


def _secrets(files: Sequence[Path], *arguments: str) -> Iterator[Finding]:
    no_pragma = ["--disable-filter", "detect_secrets.filters.allowlist.is_line_allowlisted"]
    answer = run_json(SECRET, "scan", "--all-files", "--no-verify", *no_pragma, *arguments, *map(str, files))
    for found in (each for results in answer["results"].values() for each in results):
        place = Place.in_file(_name(found["filename"]), found["line_number"])
        yield Finding(SECRET, found["type"], place, "This may be a secret.")


def comments(files: Iterable[Path], secrets_found: Iterable[Finding]) -> Iterator[Acknowledgement]:
    """What comments accept. A `# nosec` without rule ids is an acknowledgement of the rule ``."""
    for file in files:
        if file.suffix == ".py" and "tests" not in file.relative_to(ROOT).parts:
            yield from _nosec(file)
    kinds: dict[Place, list[str]] = {}
    for found in secrets_found:
        kinds.setdefault(found.place, []).append(found.rule)
    for file in files:
        yield from _pragmas(file, kinds)


def _nosec(file: Path) -> Iterator[Acknowledgement]:
    for number, line in enumerate(_lines(file), 1):
        for match in NOSEC.finditer(line):
            rules = [word for word in re.split(r"[,\s:]+", match["rules"]) if word]
            for rule in rules or [""]:
                yield Acknowledgement(rule, Place.in_file(_name(file), number), (match["reason"] or "").strip(), "this line")


def _pragmas(file: Path, kinds: dict[Place, list[str]]) -> Iterator[Acknowledgement]:
    for number, line in enumerate(_lines(file), 1):
        for match in PRAGMA.finditer(line):
            place = Place.in_file(_name(file), number + bool(match["next"]))
            for rule in kinds.get(place, ["secret"]):
                yield Acknowledgement(rule, place, match["reason"].strip(" -:#\"'"), "this line")


@cache
def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8", errors="replace").splitlines()


def _name(file: str | Path) -> str:
    path = Path(file)
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.as_posix()
