"""Which findings are open, and which acknowledgements are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from review.audit import Complaint, complaints, hidden, looking_away, open_findings
from review.findings import Acknowledgement, Finding, Place
from review.rules import is_known, pack_rules

BUCKET = Place("dev", "ashlar-dev-data", "Bucket", "ashlar-dev-data/Raw/Bucket")
REASON = "Replication is the organisation's decision."
FINDING = Finding("AwsSolutions", "AwsSolutions-S1", BUCKET, "No access logs.")
GOOD = Acknowledgement("AwsSolutions-S1", BUCKET, REASON, "the S3 user guide")


def judge(*accepted: Acknowledgement, findings: tuple[Finding, ...] = (FINDING,), root: Path = Path()) -> str:
    return " | ".join(each.text for each in complaints(accepted, findings, is_known, root))


def should_leave_open_what_nobody_acknowledged() -> None:
    other = Finding("checkov", "CKV_AWS_18", BUCKET, "No access logs.")
    assert open_findings([FINDING, other], [GOOD]) == [other]


def should_accept_a_finding_whose_scanner_knows_no_construct_path() -> None:
    nowhere = Place("dev", "ashlar-dev-data", "Bucket", "ashlar-dev-data")
    assert open_findings([Finding("cfn-lint", "AwsSolutions-S1", nowhere, "")], [GOOD]) == []


@pytest.mark.parametrize(
    "place",
    [
        Place("prod", "ashlar-dev-data", "Bucket", BUCKET.path),
        Place("dev", "ashlar-dev-audit", "Bucket", BUCKET.path),
        Place("dev", "ashlar-dev-data", "Other", BUCKET.path),
    ],
)
def should_accept_a_finding_at_its_own_resource_only(place: Place) -> None:
    elsewhere = Finding("AwsSolutions", "AwsSolutions-S1", place, "")
    assert open_findings([elsewhere], [GOOD]) == [elsewhere]


def should_have_nothing_against_a_good_acknowledgement() -> None:
    assert judge(GOOD) == ""


def should_complain_of_a_stale_acknowledgement() -> None:
    assert "Stale" in judge(GOOD, findings=())
    assert "Stale" in judge(Acknowledgement("AwsSolutions-S10", BUCKET, REASON, "x"))


def should_name_the_id_that_was_meant_when_one_is_misspelt() -> None:
    text = judge(Acknowledgement("AwsSolution-S1", BUCKET, REASON, "x"))
    assert text == "No scanner has a rule of this id; did you mean AwsSolutions-S1?"


@pytest.mark.parametrize("reason", ["", "accepted", " " * 30])
def should_complain_of_a_reason_that_says_nothing(reason: str) -> None:
    assert "says too little" in judge(Acknowledgement("AwsSolutions-S1", BUCKET, reason, "x"))


@pytest.mark.parametrize("evidence", ["", "  "])
def should_complain_of_missing_evidence(evidence: str) -> None:
    assert "no evidence" in judge(Acknowledgement("AwsSolutions-S1", BUCKET, REASON, evidence))


def should_look_whether_the_evidence_exists(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_data.py").write_text("def should_log() -> None: ...\n")

    def given(evidence: str) -> str:
        return judge(Acknowledgement("AwsSolutions-S1", BUCKET, REASON, evidence), root=tmp_path)

    assert given("tests/test_data.py::should_log") == ""
    assert "no such test" in given("tests/test_data.py::should_log_all")
    assert "docs/adr/0099-gone.md, does not exist" in given("see docs/adr/0099-gone.md")


def should_complain_of_an_acknowledgement_given_twice() -> None:
    assert "twice" in judge(GOOD, GOOD)


def should_let_two_statements_of_a_policy_give_their_own_reasons() -> None:
    policy = Place("dev", "s", "Policy", "s/Policy")
    rule = "AwsSolutions-IAM5[Resource::*]"
    both = [Acknowledgement(rule, policy, REASON, "x", sid) for sid in ("Logs", "Metrics")]
    assert judge(*both, findings=(Finding("AwsSolutions", rule, policy, ""),)) == ""


def should_complain_of_a_nosec_without_a_rule() -> None:
    line = Place.in_file("app.py", 7)
    assert "names no rule" in judge(Acknowledgement("", line, REASON, "the line itself"))


def should_find_what_was_hidden_from_the_cdk_by_another_way() -> None:
    recorded = [(BUCKET.path, "AwsSolutions::AwsSolutions-S1"), (BUCKET.path, "Annotation::AwsSolutions-S10")]
    assert [each.rule for each in hidden(recorded, [GOOD], {BUCKET.path: BUCKET})] == ["Annotation::AwsSolutions-S10"]


@pytest.mark.parametrize(
    "metadata",
    [
        {"checkov": {"skip": [{"id": "CKV_AWS_18", "comment": "quiet"}]}},
        {"cfn-lint": {"config": {"ignore_checks": ["W3010"]}}},
        {"guard": {"SuppressedRules": ["OWN_EGRESS"]}},
        {"cdk_nag": {"rules_to_suppress": [{"id": "AwsSolutions-S1"}]}},
        {"checkov": {"skip": [{"id": "CKV_AWS_21", "comment": ""}]}, "acknowledged": {"CKV_AWS_18": {}}},
    ],
)
def should_complain_of_metadata_that_makes_a_scanner_look_away(metadata: dict[str, object]) -> None:
    assert len(look({"Resources": {"Bucket": {"Metadata": metadata}}})) == 1


def should_complain_of_a_whole_template_that_asks_not_to_be_checked() -> None:
    assert len(look({"Metadata": {"cfn-lint": {}}, "Resources": {}})) == 1


def should_allow_the_metadata_that_belongs_to_acknowledgements() -> None:
    skip = {"skip": [{"id": "CKV_AWS_18", "comment": REASON}]}
    assert look({"Resources": {"Bucket": {"Metadata": {"checkov": skip, "acknowledged": {"CKV_AWS_18": {}}}}}}) == []


def look(template: dict[str, object]) -> list[Complaint]:
    return looking_away({"ashlar-dev-data": template}, lambda stack, logical_id: Place("dev", stack, logical_id, stack))


@pytest.mark.parametrize(
    ("pack", "number", "rule"),
    [("AwsSolutions", 131, "AwsSolutions-COG4"), ("Serverless", 18, "Serverless-LambdaTracing")],
)
def should_know_every_rule_of_a_pack(pack: str, number: int, rule: str) -> None:
    assert len(pack_rules(pack)) == number
    assert rule in pack_rules(pack)


@pytest.mark.parametrize(
    "rule", ["E3030", "OWN_EGRESS", "CKV2_AWS_31", "B603", "Secret Keyword", "PCI.DSS.321-APIGWSSLEnabled"]
)
def should_know_the_rules_of_all_scanners(rule: str) -> None:
    assert is_known(rule)
    assert not is_known(f"{rule}X")
