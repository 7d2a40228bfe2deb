"""Acknowledgements at a resource, as cdk-nag, checkov and cfn-lint take them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from review import audit, scanners
from review.assembly import Assembly, synthesize
from stacks.constructs.accepted import Accepted
from stacks.constructs.acknowledgement import acknowledge, acknowledge_wildcards, record_wildcards
from stacks.permissions.statement import Because, Statement, policy

Synthesize = Callable[[Callable[[cdk.App], None]], Assembly]
REASON = "The bucket of a test, in which nothing ever lies."


def accepted(*findings: str) -> Accepted:
    return Accepted(REASON, "x", findings)


def bucket(app: cdk.App, name: str = "Bucket", **properties: Any) -> s3.CfnBucket:
    """A bucket of the stack `data`."""
    known = app.node.try_find_child("data")
    stack = known if isinstance(known, cdk.Stack) else cdk.Stack(app, "data", env=cdk.Environment(region="eu-west-1"))
    return s3.CfnBucket(stack, name, **properties)


@pytest.fixture
def synthesized(tmp_path: Path) -> Synthesize:
    return lambda compose: synthesize("test", "eu-west-1", tmp_path / "assembly", compose)


def should_accept_one_finding_of_one_resource_natively_too(
    synthesized: Synthesize,
) -> None:
    def compose(app: cdk.App) -> None:
        acknowledge(bucket(app), accepted("AwsSolutions-S1"))
        bucket(app, "Other")

    assembly = synthesized(compose)
    open_ones = audit.open_findings(assembly.findings(), assembly.acknowledgements())
    left = {(each.rule, each.place.logical_id) for each in open_ones}
    assert ("AwsSolutions-S1", "Bucket") not in left
    assert {("AwsSolutions-S1", "Other"), ("AwsSolutions-S10", "Bucket")} <= left
    reports = json.loads((assembly.directory / "validation-report.json").read_text())["pluginReports"]
    hidden = [each for report in reports for each in report.get("suppressedViolations", [])]
    assert [(each["acknowledgedId"], each["reason"]) for each in hidden] == [
        ("AwsSolutions::AwsSolutions-S1", f"{REASON} Evidence: x")
    ]


def should_accept_wildcards_by_the_final_names_of_what_they_refer_to(
    synthesized: Synthesize,
) -> None:
    def compose(app: cdk.App) -> None:
        objects = f"{bucket(app).attr_arn}/raw/*"
        statements = [
            Statement("Read", ["s3:GetObject"], [objects], because=Because.OBJECT_KEYS),
            Statement("Metrics", ["cloudwatch:PutMetricData"], ["*"], because=Because.NO_RESOURCE_LEVEL),
            Statement("Logs", ["logs:PutLogEvents"], ["arn:aws:logs:*:*:*"], because=Because.VERSIONS),
        ]
        stack = cdk.Stack(app, "access", env=cdk.Environment(region="eu-west-1"))
        nested = Construct(stack, "Nested")
        iam.CfnManagedPolicy(nested, "Accepted", path="/here/", policy_document=policy(statements))
        acknowledge_wildcards(nested, "/here/", statements)
        record_wildcards()
        iam.CfnManagedPolicy(stack, "Silent", policy_document=policy(statements))

    assembly = synthesized(compose)
    wildcards = [each for each in assembly.findings() if "IAM5" in each.rule]
    assert len(wildcards) == 6
    left = audit.open_findings(wildcards, assembly.acknowledgements())
    assert [each.place.logical_id for each in left] == ["Silent"] * 3
    assert audit.hidden(assembly.recorded(), list(assembly.acknowledgements()), assembly.places) == []


def should_refuse_two_reasons_for_statements_of_one_name_and_kind() -> None:
    def statement(because: Because) -> list[Statement]:
        return [Statement("Read", ["s3:GetObject"], ["arn:aws:s3:::a-bucket/*"], because=because)]

    stack = cdk.Stack(cdk.App(), "access")
    acknowledge_wildcards(stack, "/here/", statement(Because.OBJECT_KEYS))
    acknowledge_wildcards(stack, "/there/", statement(Because.VERSIONS))
    with pytest.raises(ValueError, match="Statement Read at /here/ is there for OBJECT_KEYS and for VERSIONS"):
        acknowledge_wildcards(stack, "/here/", statement(Because.VERSIONS))
    record_wildcards()


def should_notice_an_acknowledgement_that_goes_around_the_audit(
    synthesized: Synthesize,
) -> None:
    def compose(app: cdk.App) -> None:
        quiet = cdk.Acknowledgment(id="AwsSolutions-S1", reason="")
        cdk.Validations.of(bucket(app)).acknowledge(quiet)

    assembly = synthesized(compose)
    (complaint,) = audit.hidden(assembly.recorded(), [], assembly.places)
    assert (complaint.place.logical_id, complaint.rule) == ("Bucket", "Annotation::AwsSolutions-S1")


def should_be_understood_by_checkov_and_cfn_lint_themselves(
    synthesized: Synthesize,
) -> None:
    def compose(app: cdk.App) -> None:
        for name in ("Accepted", "Open"):
            made = bucket(app, name, access_control="Private")
            if name == "Accepted":
                acknowledge(made, accepted("CKV_AWS_18", "W3045"), accepted("E3045"))

    assembly = synthesized(compose)
    template = assembly.directory / "data.template.json"
    lint = scanners.run_json("cfn-lint", "--regions", "eu-west-1", "--format", "json", "--", str(template))
    assert {each["Location"]["Path"][1] for each in lint} == {"Open"}
    checks = scanners.run_json("checkov", "-f", str(template), "--output", "json", "--compact", "--skip-download")
    failed = {each["resource"] for each in checks["results"]["failed_checks"] if each["check_id"] == "CKV_AWS_18"}
    skipped = {each["resource"] for each in checks["results"]["skipped_checks"]}
    assert (failed, skipped) == ({"AWS::S3::Bucket.Open"}, {"AWS::S3::Bucket.Accepted"})
    # The review hides nothing from them.
    scanners.bare_templates([assembly], assembly.directory / "bare")
    seen = scanners.cfn_lint(assembly.directory / "bare", [assembly])
    assert {each.place.logical_id for each in seen} == {"Accepted", "Open"}


def should_refuse_a_second_reason_for_one_finding() -> None:
    with pytest.raises(ValueError, match="AwsSolutions-S1 is acknowledged twice"):
        acknowledge(bucket(cdk.App()), accepted("AwsSolutions-S1"), accepted("AwsSolutions-S10", "AwsSolutions-S1"))
    with pytest.raises(ValueError, match="AwsSolutions-S1 is acknowledged twice"):
        accepted("AwsSolutions-S1", "AwsSolutions-S1")


def should_refuse_a_pattern_of_findings() -> None:
    with pytest.raises(ValueError, match=r"AwsSolutions-\* is a pattern"):
        accepted("AwsSolutions-*")
