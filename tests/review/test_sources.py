"""Which comments accept a finding in a source."""

from __future__ import annotations

from pathlib import Path

import pytest

from review.findings import Finding, Place
from review.sources import comments, project_files
from tests.conftest import ROOT

# In parts: as a whole these would be comments that the review reads.
NOSEC = "# no" + "sec"
PRAGMA = "# pragma: allow" + "list secret"


def accepted(path: Path, text: str, *, secret_at: int | None = None) -> list[tuple[str, str, int]]:
    """(rule, reason, line) of all comments of a file with this text."""
    path.write_text(text, "utf-8")
    lines = [secret_at] if secret_at else []
    found = [Finding("detect-secrets", "Secret Keyword", Place.in_file(path.as_posix(), line), "") for line in lines]
    return [(each.rule, each.reason, int(each.place.logical_id)) for each in comments([path], found)]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    # pytest's own folder says "tests" nowhere, so the file counts as a source.
    return tmp_path / "source.py"


def should_read_rule_and_reason_of_a_nosec(source: Path) -> None:
    text = f"import os\n\nos.system('ls')  # noqa: S605  {NOSEC} B605 # our own command, nobody's input\n"
    assert accepted(source, text) == [("B605", "our own command, nobody's input", 3)]


def should_accept_each_of_several_rules_by_itself(source: Path) -> None:
    rules = accepted(source, f"x = 1  {NOSEC} B605, B607 # both\n")
    assert rules == [("B605", "both", 1), ("B607", "both", 1)]


def should_give_a_nosec_without_rule_or_reason_as_what_it_is(source: Path) -> None:
    assert accepted(source, f"x = 1  {NOSEC}\n") == [("", "", 1)]


def should_read_comments_and_not_strings(source: Path) -> None:
    assert accepted(source, f'text = "{NOSEC} B605 # a string"\nother = "{PRAGMA} - a string"\n') == []


def should_accept_the_secret_that_a_pragma_stands_at(source: Path) -> None:
    text = f'key = "abc"  {PRAGMA} - worth nothing\n'
    assert accepted(source, text, secret_at=1) == [("Secret Keyword", "worth nothing", 1)]


def should_take_a_pragma_for_the_next_line(source: Path) -> None:
    text = f'{PRAGMA.replace(" secret", " nextline secret")} - worth nothing\nkey = "abc"\n'
    assert accepted(source, text, secret_at=2) == [("Secret Keyword", "worth nothing", 2)]


def should_give_a_pragma_without_a_secret_as_stale(source: Path) -> None:
    assert accepted(source, f"x = 1  {PRAGMA} - nothing here\n") == [("secret", "nothing here", 1)]


def should_let_documents_name_the_pragma(tmp_path: Path) -> None:
    assert accepted(tmp_path / "page.md", f"Write `{PRAGMA} - reason`.\n") == []


def should_read_what_belongs_to_the_project_only() -> None:
    files = {file.relative_to(ROOT).as_posix() for file in project_files()}
    assert {"app.py", "Makefile", ".ci/run", "tests/review/test_sources.py"} <= files
    others = ("build/", ".venv/", "node_modules/", ".git/", "review/.venv/", "local/.venv/")
    assert not [file for file in files if file.startswith(others)]
