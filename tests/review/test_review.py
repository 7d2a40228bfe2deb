"""One real review of production, in which each family has something to find."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from review import canary
from review.__main__ import main
from review.report import MOST_REASONS
from stacks.constructs.accepted import Accepted
from stacks.constructs.acknowledgement import acknowledge

CARELESS = "Careless"


def plant(app: cdk.App) -> None:
    """What the canary plants, and acknowledgements that are none."""
    canary.plant(app)
    bucket = s3.CfnBucket(app.node.find_child("canary"), CARELESS)  # type: ignore[arg-type]
    nothing = Accepted(reason="", evidence="", findings=("AwsSolutions-S1", "AwsSolutions-S99", "CKV_AWS_111"))
    acknowledge(bucket, nothing)


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, Any]]:
    """Exit code and report of a review with one bad stack and two bad files."""
    directory = tmp_path_factory.mktemp("review")
    source, secret = directory / "evaluates.py", directory / "access.cfg"
    source.write_text("import sys\n\nprint(eval(sys.argv[1]))\n")
    secret.write_text(f"aws_access_key_id = {'AKIA'}{'IOSFODNN7EXAMPLF'}\n")
    arguments = ["--environment", "prod", "--out", str(directory / "report.json")]
    code = main(arguments, build=directory / "build", plant=plant, files=(source, secret))
    return code, json.loads((directory / "report.json").read_text())


@pytest.mark.parametrize("family", canary.EXPECTED)
def should_exit_with_1_and_name_what_was_planted(family: str, planted: tuple[int, dict[str, Any]]) -> None:
    code, report = planted
    rule, name = canary.EXPECTED[family]
    name = name.replace(canary.SOURCE, "evaluates.py").replace(canary.REVEALING, "access.cfg")
    found = [each for each in report["findings"] if each["open"] and (each["tool"], each["rule"]) == (family, rule)]
    assert code == 1
    assert [each for each in found if name in each["path"]]


def should_judge_every_control_from_the_templates(planted: tuple[int, dict[str, Any]]) -> None:
    rows = planted[1]["controls"]["prod"]
    assert len(rows) == len({row["id"] for row in rows}) == 238
    assert all(row["evidence"] for row in rows if row["status"] == "satisfied")
    assert all(row["reason"] for row in rows if row["status"] == "exception")


def should_find_nothing_open_but_what_was_planted(planted: tuple[int, dict[str, Any]]) -> None:
    names = ("canary/", "evaluates.py", "access.cfg")
    open_ones = [each for each in planted[1]["findings"] if each["open"]]
    assert open_ones
    assert [each for each in open_ones if not any(name in each["path"] for name in names)] == []


def should_have_no_bad_acknowledgement_but_what_was_planted(planted: tuple[int, dict[str, Any]]) -> None:
    assert {each["path"] for each in planted[1]["complaints"]} == {f"canary/{CARELESS}"}


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("AwsSolutions-S1", "says too little"),
        ("AwsSolutions-S1", "gives no evidence"),
        ("AwsSolutions-S99", "No scanner has a rule of this id"),
        ("CKV_AWS_111", "Stale"),
    ],
)
def should_fail_for_an_empty_a_misspelt_and_a_stale_acknowledgement(
    rule: str, text: str, planted: tuple[int, dict[str, Any]]
) -> None:
    assert [each for each in planted[1]["complaints"] if each["rule"] == rule and text in each["text"]]


def should_need_few_reasons(planted: tuple[int, dict[str, Any]]) -> None:
    given = {each["reason"] for each in planted[1]["acknowledgements"] if CARELESS not in each["path"]}
    assert 0 < len(given) <= MOST_REASONS
