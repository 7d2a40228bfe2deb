"""One real review of production, in which each family has something to find."""

from __future__ import annotations

import json
from typing import Any

import pytest

from review import canary
from review.__main__ import main
from review.report import MOST_REASONS


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, Any]]:
    """Exit code and report of a review with one bad stack and two bad files."""
    directory = tmp_path_factory.mktemp("review")
    source, secret = directory / "evaluates.py", directory / "access.cfg"
    source.write_text("import sys\n\nprint(eval(sys.argv[1]))\n")
    secret.write_text(f"aws_access_key_id = {'AKIA'}{'IOSFODNN7EXAMPLF'}\n")
    arguments = ["--environment", "prod", "--out", str(directory / "report.json")]
    code = main(arguments, build=directory / "build", plant=canary.plant, files=(source, secret))
    return code, json.loads((directory / "report.json").read_text())


@pytest.mark.parametrize("family", canary.EXPECTED)
def should_exit_with_1_and_name_what_was_planted(family: str, planted: tuple[int, dict[str, Any]]) -> None:
    code, report = planted
    rule, name = canary.EXPECTED[family]
    name = name.replace(canary.SOURCE, "evaluates.py").replace(canary.SECRET, "access.cfg")
    found = [each for each in report["findings"] if each["open"] and (each["tool"], each["rule"]) == (family, rule)]
    assert code == 1
    assert [each for each in found if name in each["path"]]


def should_judge_every_control_from_the_templates(planted: tuple[int, dict[str, Any]]) -> None:
    rows = planted[1]["controls"]["prod"]
    assert len(rows) == len({row["id"] for row in rows}) == 232
    assert all(row["evidence"] for row in rows if row["status"] == "satisfied")
    assert all(row["reason"] for row in rows if row["status"] == "exception")


def should_have_no_bad_acknowledgement(planted: tuple[int, dict[str, Any]]) -> None:
    assert planted[1]["complaints"] == []


def should_need_few_reasons(planted: tuple[int, dict[str, Any]]) -> None:
    assert 0 < len({each["reason"] for each in planted[1]["acknowledgements"]}) <= MOST_REASONS
