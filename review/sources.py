"""bandit over the Python sources and detect-secrets over all files, with the exceptions that stand in comments.

Both run with their own way of looking away switched off; which comment accepts what is read here:

    run(command)  # nosec B603 # our own command, and no shell
    password = LOCAL  # pragma: allowlist secret - the local cloud's, worth nothing
"""

from __future__ import annotations

import io
import os
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from app import ROOT
from review.findings import Acknowledgement, Finding, Place
from review.scanners import run_json

NOT_SOURCES = {".git", ".venv", ".state", "node_modules", "build", "__pycache__", "cdk.out"}
CACHES = re.compile(r"\.[a-z]+_cache$|\.hypothesis$|cdk\.out\.")
# Written by `ops invoke` and by the review itself
WRITTEN = {"predictions.jsonl", "report.json", "report.txt"}
BINARY = {".pyc", ".gz", ".png", ".jpg", ".ico"}
# Their hashes are public and fill every line. Keys and tokens of known forms are looked for in them all the same.
GENERATED = re.compile(r"(requirements[a-z-]*\.txt|package-lock\.json)$|/__snapshots__/")
ENTROPY = ("Base64HighEntropyString", "HexHighEntropyString")
WORDS = ("KeywordDetector",)
NOSEC = re.compile(r"#\s*nosec\b(?P<rules>[^#\n]*)(?:#\s*(?P<reason>.*))?")
PRAGMA = re.compile(r"pragma: ?(?:allow|white)list(?P<next>[ -]nextline)?[ -]secret(?P<reason>.*)", re.IGNORECASE)
DETECT = "detect-secrets"


def project_files(root: Path = ROOT) -> list[Path]:
    """What belongs to the project: neither installed nor built."""
    files = []
    for directory, folders, names in os.walk(root):
        folders[:] = sorted(folder for folder in folders if folder not in NOT_SOURCES and not CACHES.match(folder))
        files += [Path(directory, name) for name in sorted(names)]
    return [file for file in files if file.suffix not in BINARY and file.name not in WRITTEN]


def bandit(files: Iterable[Path]) -> list[Finding]:
    """All findings, `# nosec` or not. Importing subprocess (B404) is none: each call of it is judged (B602-B607)."""
    python = [str(file) for file in files if _is_source(file)]
    answer = run_json("bandit", "-q", "--format", "json", "--ignore-nosec", "--skip", "B404", *python)
    return sorted(
        Finding("bandit", found["test_id"], Place.in_file(_name(found["filename"]), _line(found)), found["issue_text"])
        for found in answer["results"]
    )


def _line(found: dict[str, Any]) -> int:
    """A call over several lines may carry its comment on any of them; without a comment it is the finding's own."""
    comments = {number for number, rules, _ in _nosec(Path(found["filename"])) if found["test_id"] in rules}
    return min(comments & set(found["line_range"]), default=int(found["line_number"]))


def secrets(files: Sequence[Path], templates: Sequence[Path] = ()) -> list[Finding]:
    """All findings, allowed by a pragma or not, in files and in synthesized templates."""
    written = [file for file in files if not GENERATED.search(file.as_posix())]
    generated = [file for file in files if GENERATED.search(file.as_posix())]
    # Snapshots repeat the templates, whose words are read without the names of our own reasons.
    found = (_secrets(written), _secrets(templates, without=ENTROPY), _secrets(generated, without=(*ENTROPY, *WORDS)))
    return sorted({finding for findings in found for finding in findings})


def _secrets(files: Sequence[Path], *, without: Sequence[str] = ()) -> Iterator[Finding]:
    quiet = [argument for plugin in without for argument in ("--disable-plugin", plugin)]
    no_pragma = ["--disable-filter", "detect_secrets.filters.allowlist.is_line_allowlisted"]
    # It reads files below the directory it runs in, and leaves others out without a word.
    for base in sorted({_base(file) for file in files}):
        names = [str(file.relative_to(base)) for file in files if _base(file) == base]
        answer = run_json(DETECT, "scan", "--no-verify", *no_pragma, *quiet, *names, directory=base)
        for found in (each for results in answer["results"].values() for each in results):
            place = Place.in_file(_name(base / found["filename"]), found["line_number"])
            yield Finding(DETECT, found["type"], place, "This may be a secret.")


def _base(file: Path) -> Path:
    return ROOT if file.is_relative_to(ROOT) else file.parent


def comments(files: Iterable[Path], findings: Iterable[Finding]) -> Iterator[Acknowledgement]:
    """What comments accept. One without a rule's id accepts the rule ``, which does not exist."""
    kinds: dict[Place, list[str]] = {}
    for finding in findings:
        if finding.tool == DETECT:
            kinds.setdefault(finding.place, []).append(finding.rule)
    for file in files:
        for number, rules, reason in _nosec(file) if _is_source(file) else ():
            for rule in rules or [""]:
                yield Acknowledgement(rule, Place.in_file(_name(file), number), reason, "the line itself")
        for number, reason in _pragmas(file):
            place = Place.in_file(_name(file), number)
            # What documents the pragma accepts nothing; a pragma in code that accepts nothing is stale.
            for rule in kinds.get(place, [] if file.suffix == ".md" else ["secret"]):
                yield Acknowledgement(rule, place, reason, "the line itself")


def _is_source(file: Path) -> bool:
    return file.suffix == ".py" and "tests" not in file.parts


@cache
def _nosec(file: Path) -> list[tuple[int, list[str], str]]:
    """(line, rule ids, reason) of every `# nosec`."""
    return [
        (number, [word for word in re.split(r"[,\s:]+", match["rules"]) if word], (match["reason"] or "").strip())
        for number, comment in _comments(file)
        for match in NOSEC.finditer(comment)
    ]


def _pragmas(file: Path) -> Iterator[tuple[int, str]]:
    """(line that is meant, reason) of every pragma."""
    for number, line in _comments(file):
        for match in PRAGMA.finditer(line):
            yield number + bool(match["next"]), match["reason"].strip(" -:>#")


@cache
def _comments(file: Path) -> list[tuple[int, str]]:
    """(line, text) of a Python file's comments; of another file all lines."""
    text = file.read_text("utf-8", errors="replace")
    if "pragma" not in text and "nosec" not in text:
        return []
    if file.suffix != ".py":
        return list(enumerate(text.splitlines(), 1))
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]


def _name(file: str | Path) -> str:
    path = Path(file)
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.as_posix()
