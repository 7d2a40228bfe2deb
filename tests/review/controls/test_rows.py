"""Rows of every environment, and how findings, exceptions and other rows make them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from config import environment_names, load_environment
from review.controls import Exemption, Finding, Row, TableError, controls, evaluate, exemptions, tables
from review.controls.evaluation import judge
from review.controls.registry import CHECKS
from tests.conftest import ROOT

REFERENCE = ROOT.parent / "shared" / "reference" / "controls.csv"
# Of what has been built since the reference table was written.
ADDED = {"Cognito.1", "Cognito.3", "Cognito.4", "Cognito.5", "Cognito.6", "apigw:tls"}
OWN = [control.id for control in controls() if not control.follows]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[Row]]:
    """`rows("dev")`: evaluated over all stacks of the environment, the bootstrap stack as well."""

    @cache
    def evaluated(environment: str) -> list[Row]:
        from app import compose, compose_bootstrap, new_app  # here: jsii starts Node

        platform = load_environment(environment)
        templates: dict[str, Any] = {}
        for compose_stacks in (compose, compose_bootstrap):
            app = new_app(outdir=str(tmp_path_factory.mktemp("cdk.out")))
            compose_stacks(app, platform)
            templates |= {stack.stack_name: stack.template for stack in app.synth().stacks}
        return evaluate(templates, platform)

    return evaluated


@pytest.mark.parametrize("environment", environment_names())
def should_leave_no_control_open(rows: Callable[[str], list[Row]], environment: str) -> None:
    found = rows(environment)
    assert [row.id for row in found] == [control.id for control in controls()]
    assert [(row.id, row.evidence) for row in found if row.status == "violated"] == []
    for row in found:
        assert row.evidence if row.status in ("satisfied", "exception") else row.reason, row.id
        assert row.reason if row.status == "exception" else True, row.id
        assert row.checked_by


def should_need_every_exception_somewhere(rows: Callable[[str], list[Row]]) -> None:
    excepted = [(name, r) for name in environment_names() for r in rows(name) if r.status == "exception"]
    broken = [(r.id, name, evidence.split(": ")[0]) for name, r in excepted for evidence in r.evidence]
    for exemption in exemptions():
        used = {name for id, name, where in broken if exemption.covers(id, name, where)}
        assert used >= set(exemption.environments) - {"*"}, exemption
        assert used, exemption


def should_have_every_row_of_the_reference() -> None:
    if not REFERENCE.exists():
        pytest.skip("the reference table lies beside the project only where it is developed")
    with REFERENCE.open(encoding="utf-8", newline="") as file:
        assert {row["id"] for row in csv.DictReader(file)} == {control.id for control in controls()} - ADDED


def should_check_every_row_that_follows_no_other() -> None:
    assert set(CHECKS) == set(OWN)


def met(**other: list[Finding]) -> dict[str, list[Finding]]:
    """Findings for every row: all met, or as given (`_` for `.`)."""
    good = [Finding(True, "s/R", "P=1")]
    return {id: good for id in OWN} | {name.replace("_", "."): found for name, found in other.items()}


def row(found: dict[str, list[Finding]], id: str, *excused: Exemption, environment: str = "prod") -> Row:
    return next(r for r in judge(found, environment, excused) if r.id == id)


BROKEN = Finding(False, "s/Bad", "P is missing")
EXCUSE = Exemption("S3.9", ("*",), "s/Bad", "A reason that explains something.")


def should_name_what_satisfies_violates_or_is_absent() -> None:
    assert row(met(), "S3.9").evidence == ("s/R: P=1",)
    assert row(met(), "S3.9").status == "satisfied"
    violated = row(met(S3_9=[Finding(True, "s/R", "P=1"), BROKEN]), "S3.9")
    assert (violated.status, violated.evidence) == ("violated", ("s/Bad: P is missing",))
    absent = row(met(S3_9=[]), "S3.9")
    assert (absent.status, absent.evidence) == ("not_applicable", ())
    assert "AWS::S3::Bucket" in absent.reason


def should_except_only_the_resources_that_an_exception_names() -> None:
    excepted = row(met(S3_9=[BROKEN]), "S3.9", EXCUSE)
    assert (excepted.status, excepted.reason) == ("exception", EXCUSE.reason)
    other = Finding(False, "s/Worse", "P is missing")
    still = row(met(S3_9=[BROKEN, other]), "S3.9", EXCUSE)
    assert (still.status, still.evidence) == ("violated", ("s/Worse: P is missing",))


@pytest.mark.parametrize("found", [[Finding(True, "s/Bad", "P=1")], [], [Finding(False, "s/Other", "P")]])
def should_refuse_an_exception_that_excuses_nothing(found: list[Finding]) -> None:
    for environments in ("prod",), ("*",) if found and found[0].holds else ("dev", "prod"):
        with pytest.raises(TableError, match=r"nothing is violated in prod for S3\.9 at s/Bad"):
            judge(met(S3_9=found), "prod", [replace(EXCUSE, environments=environments)])


def should_keep_a_general_exception_where_a_row_does_not_apply() -> None:
    """That it is needed somewhere is held over all environments, above."""
    assert row(met(S3_9=[]), "S3.9", EXCUSE).status == "not_applicable"
    assert row(met(), "S3.9", EXCUSE).status == "satisfied"


def should_heed_an_exception_in_its_environments_only() -> None:
    local = Exemption("S3.9", ("local", "dev"), "*", "A reason that explains something.")
    assert row(met(S3_9=[BROKEN]), "S3.9", local, environment="dev").status == "exception"
    assert row(met(S3_9=[BROKEN]), "S3.9", local).status == "violated"
    assert row(met(), "S3.9", local).status == "satisfied"


def should_follow_the_rows_that_a_row_names() -> None:
    """CIS 4.4 is CloudTrail.7; CIS 6.2-6.4 are EC2.19 and EC2.21."""
    assert row(met(CloudTrail_7=[BROKEN]), "CIS7-4.4").status == "violated"
    assert row(met(), "CIS7-4.4").checked_by == "rows CloudTrail.7"
    assert row(met(EC2_21=[]), "CIS7-6.2-6.4").status == "satisfied"
    assert row(met(EC2_19=[], EC2_21=[]), "CIS7-6.2-6.4").status == "not_applicable"
    excuse = Exemption("EC2.19", ("*",), "*", "A reason that explains something.")
    followed = row(met(EC2_19=[BROKEN]), "CIS7-6.2-6.4", excuse)
    assert (followed.status, followed.reason) == ("exception", excuse.reason)


HEAD = "id,source,severity,demand,types,follows\n"
EXCEPTED = "id,environments,resources,reason\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Tables of our own instead of the project's."""
    (tmp_path / "controls.csv").write_text(f"{HEAD}A,own,,Something.,,\n")
    (tmp_path / "exceptions.csv").write_text(EXCEPTED)
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    _forget()
    yield tmp_path
    _forget()


def _forget() -> None:
    controls.cache_clear()
    exemptions.cache_clear()


@pytest.mark.parametrize(
    ("table", "line", "says"),
    [
        ("controls.csv", f"{HEAD}A,own,,X.,,\nA,own,,Y.,,\n", "an id stands there twice"),
        ("controls.csv", f"{HEAD}A,own,,X.,,B\n", "A follows B, which is no row"),
        ("exceptions.csv", f"{EXCEPTED}B,*,*,A reason that explains something.\n", "B is no control"),
        ("exceptions.csv", f"{EXCEPTED}A,*,*,n/a\n", "the reason of A, 'n/a', explains nothing"),
    ],
)
def should_name_what_is_wrong_in_a_table(folder: Path, table: str, line: str, says: str) -> None:
    (folder / table).write_text(line)
    with pytest.raises(TableError, match=says):
        exemptions()


def should_refuse_a_row_without_a_check(folder: Path) -> None:
    with pytest.raises(TableError, match="no check for A"):
        evaluate({"stack": {"Resources": {}}}, load_environment("dev"))
