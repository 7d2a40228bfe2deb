"""The report: the same for the same outcome, and it says what to do."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from review.__main__ import main
from review.audit import Complaint
from review.canary import EXPECTED, SOURCE, is_planted, must_see
from review.findings import SOURCES, Acknowledgement, Finding, Place, ReviewError
from review.report import MOST_REASONS, Outcome, text, write_json, write_rows
from review.sources import project_files
from tests.conftest import ROOT


def bucket(environment: str) -> Place:
    return Place(environment, f"ashlar-{environment}-data", "Bucket", f"ashlar-{environment}-data/Raw/Bucket")


def finding(environment: str, rule: str) -> Finding:
    return Finding("checkov", rule, bucket(environment), "Ensure the bucket is good.")


@dataclass(frozen=True)
class Row:
    """As much of a control's row as the report reads."""

    id: str
    status: str
    demand: str = "Keys rotate."
    evidence: tuple[str, ...] = ("Key: EnableKeyRotation is missing",)
    source: str = "Security Hub"
    checked_by: str = "kms.rotation"
    reason: str = ""


FINDINGS = [finding(name, rule) for name in ("dev", "prod") for rule in ("CKV_AWS_18", "CKV_AWS_21")]
ACCEPTED = [Acknowledgement("CKV_AWS_18", bucket(name), "A log bucket cannot log.", "x") for name in ("dev", "prod")]
CLEAN = Outcome(["dev", "prod"], FINDINGS, [], ACCEPTED, [], {"dev": [Row("KMS.4", "satisfied")]})
OPEN = replace(CLEAN, unacknowledged=[f for f in FINDINGS if f.rule == "CKV_AWS_21"])


def should_write_the_same_report_whatever_the_order(tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    write_json(OPEN, one)
    write_json(replace(OPEN, findings=FINDINGS[::-1], acknowledgements=ACCEPTED[::-1]), two)
    assert one.read_bytes() == two.read_bytes()


def should_say_of_each_finding_where_it_is_and_whether_it_is_open(tmp_path: Path) -> None:
    write_json(OPEN, tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    assert not report["clean"]
    assert [(row["rule"], row["open"]) for row in report["findings"] if row["environment"] == "dev"] == [
        ("CKV_AWS_18", False),
        ("CKV_AWS_21", True),
    ]
    assert {row["logical_id"] for row in report["findings"]} == {"Bucket"}
    assert report["controls"]["dev"][0]["status"] == "satisfied"


def should_name_an_open_finding_once_for_all_environments() -> None:
    said = text(OPEN)
    assert said.count("CKV_AWS_21") == 1
    assert "ashlar-<environment>-data/Raw/Bucket (Bucket): CKV_AWS_21 [checkov; dev, prod]" in said
    assert "acknowledge(resource, …)" in said
    assert said.splitlines()[-1].startswith("NOT CLEAN")


def should_be_clean_when_nothing_is_open() -> None:
    assert CLEAN.is_clean
    assert text(CLEAN).splitlines()[-1] == "CLEAN: 2 environments (dev, prod), 0 open findings, 4 acknowledged."


def should_count_reasons_and_not_acknowledgements() -> None:
    source = Acknowledgement("B603", Place.in_file("a.py", 1), "Our own command.", "the line itself")
    outcome = replace(CLEAN, acknowledgements=[*ACCEPTED, replace(ACCEPTED[1], rule="CKV_AWS_19"), source])
    assert outcome.reasons("prod") == {"A log bucket cannot log.": 2}
    assert outcome.reasons(SOURCES) == {"Our own command.": 1}
    assert outcome.distinct("prod") == 2
    assert "prod: 2 acknowledgements, 1 distinct reasons (2 with the sources', 25 at the most)" in text(outcome)


def should_give_reasons_with_their_number_as_data(tmp_path: Path) -> None:
    write_json(CLEAN, tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["most_reasons"] == MOST_REASONS
    assert report["reasons"]["prod"] == {"distinct": 1, "findings": {"A log bucket cannot log.": 1}}


@pytest.mark.parametrize(("more", "clean"), [(0, True), (1, False)])
def should_not_be_clean_with_too_many_reasons(more: int, clean: bool) -> None:
    numbers = range(MOST_REASONS + more)
    given = [replace(ACCEPTED[1], rule=f"CKV_AWS_{n}", reason=f"One reason more: {n}.") for n in numbers]
    outcome = replace(CLEAN, acknowledgements=given)
    assert outcome.is_clean == clean
    assert ("TOO MANY REASONS in prod" in text(outcome)) != clean


def should_say_of_every_control_what_satisfies_it_or_why_it_is_excepted(tmp_path: Path) -> None:
    keys = tuple(f"ashlar-dev-security/Key{n}: EnableKeyRotation=true" for n in range(5))
    excepted = Row("S3.7", "exception", "Buckets replicate.", reason="One region.", checked_by="s3.replicated")
    prod = tuple(key.replace("-dev-", "-prod-") for key in keys)
    controls = {
        "dev": [Row("KMS.4", "satisfied", evidence=keys), excepted],
        "prod": [Row("KMS.4", "satisfied", "", prod)],
    }
    write_rows(replace(CLEAN, controls=controls), tmp_path / "report.txt")
    shown = "; ".join(key.replace("-dev-", "-<environment>-") for key in keys[:3])
    assert (tmp_path / "report.txt").read_text().splitlines() == [
        "KMS.4: Keys rotate. (Security Hub)",
        f"  dev, prod: SATISFIED | {shown}; and 2 more | checked by kms.rotation",
        "S3.7: Buckets replicate. (Security Hub)",
        "  dev: EXCEPTION | One region. | Key: EnableKeyRotation is missing | checked by s3.replicated",
    ]


@pytest.mark.parametrize(
    "outcome",
    [
        replace(CLEAN, complaints=[Complaint(bucket("dev"), "CKV_AWS_18", "Stale: no scanner reports it here.")]),
        replace(CLEAN, controls={"prod": [Row("KMS.4", "violated")]}),
    ],
)
def should_not_be_clean_with_a_bad_acknowledgement_or_a_violated_control(outcome: Outcome) -> None:
    assert not outcome.is_clean
    assert text(outcome).splitlines()[-1].startswith("NOT CLEAN")


def should_name_a_violated_control_with_its_evidence() -> None:
    said = text(replace(CLEAN, controls={"prod": [Row("KMS.4", "violated")]}))
    assert "VIOLATED in prod: KMS.4: Keys rotate. Key: EnableKeyRotation is missing" in said


@pytest.mark.parametrize("blind", EXPECTED)
def should_certify_nothing_when_one_family_is_blind(blind: str) -> None:
    seen = [
        Finding(family, rule, Place("canary", "canary", name, f"canary/{name}"), "")
        for family, (rule, name) in EXPECTED.items()
    ]
    must_see(seen)
    with pytest.raises(ReviewError, match=blind):
        must_see([each for each in seen if each.tool != blind])


def should_not_take_a_real_finding_for_the_planted_one() -> None:
    real = [Finding(f, rule, Place("prod", "s", name, f"s/{name}"), "") for f, (rule, name) in EXPECTED.items()]
    with pytest.raises(ReviewError, match="cannot certify anything"):
        must_see(real)


def should_plant_under_names_that_no_file_of_the_project_has() -> None:
    lines = [Place.in_file(file.relative_to(ROOT).as_posix(), 1) for file in project_files()]
    assert [str(line) for line in lines if is_planted(Finding("bandit", "B307", line, ""))] == []
    assert is_planted(Finding("bandit", "B307", Place.in_file(f"build/review/planted/{SOURCE}", 1), ""))


@pytest.mark.parametrize(("outcome", "code"), [(CLEAN, 0), (OPEN, 1)])
def should_exit_with_0_when_clean_and_with_1_when_something_is_open(
    outcome: Outcome, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("review.__main__.review", lambda *_, **__: outcome)
    out = tmp_path / "report.json"
    assert main(["--environment", "dev", "--out", str(out)], build=tmp_path / "build") == code
    assert json.loads(out.read_text())["clean"] == (code == 0)
    assert "KMS.4" in out.with_suffix(".txt").read_text()


def should_exit_with_2_when_the_review_cannot_be_made(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    out.write_text("what an earlier review found")
    assert main(["--environment", "nowhere", "--out", str(out)], build=tmp_path / "build") == 2
    assert "nowhere" in capsys.readouterr().err
    assert not out.exists()
