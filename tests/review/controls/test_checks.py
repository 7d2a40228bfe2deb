"""Every check is met by something and missed by something: cases.yaml, and production with a property taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from config import load_environment
from review.controls import Estate, Finding
from review.controls.registry import CHECKS
from tests.review.controls.estates import findings, judged, minimal, without
from tests.stacks.variant import changed

CASES = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text())
# Nothing in a template can meet these: the account's own settings.
OUTSIDE = {"S3.1", "S3.20", "Inspector.2", "EC2.7", "CloudFormation.1"}
Templates = Callable[[str], dict[str, Any]]


def _good() -> Iterator[Any]:
    for case in CASES:
        yield from (pytest.param(id, case, id=id) for id in case["ids"])


def _bad() -> Iterator[Any]:
    for case in CASES:
        for index, bad in enumerate(case.get("bad", [])):
            yield pytest.param(case, bad, id=f"{case['ids'][0]}-{index}")


@pytest.mark.parametrize(("id", "case"), list(_good()))
def should_be_satisfied_by_the_good_one(id: str, case: dict[str, Any]) -> None:
    estate = minimal(case["good"])
    assert judged(id, estate) == "satisfied", [str(finding) for finding in findings(id, estate)]


@pytest.mark.parametrize(("case", "bad"), list(_bad()))
def should_be_violated_by_the_bad_one(case: dict[str, Any], bad: dict[str, Any]) -> None:
    """Of a case's checks, at least one; that each fails somewhere is held below."""
    estate = minimal(case["good"] | bad)
    assert "violated" in {judged(id, estate) for id in case["ids"]}


@pytest.mark.parametrize(("id", "case"), list(_good()))
def should_miss_each_property_that_it_names(id: str, case: dict[str, Any]) -> None:
    estate = minimal(case["good"])
    for finding in findings(id, estate):
        if finding.property:
            assert judged(id, _less(estate, finding)) == "violated", finding


@pytest.fixture(scope="module")
def production(templates: Templates) -> Estate:
    return Estate(templates("prod"), load_environment("prod"))


def _named(estate: Estate) -> dict[str, Finding]:
    """For each check, the first property that it finds met."""
    found = {id: [f for f in check(estate) if f.property and f.holds] for id, check in CHECKS.items()}
    return {id: its[0] for id, its in found.items() if its}


def should_miss_what_is_taken_from_production(production: Estate) -> None:
    named = _named(production)
    assert len(named) >= 40
    for id, finding in named.items():
        before = sum(not f.holds for f in findings(id, production))
        assert sum(not f.holds for f in findings(id, _less(production, finding))) > before, (id, str(finding))


def should_have_seen_every_check_fail(production: Estate) -> None:
    """A check that nothing breaks here would be one that cannot fail."""
    broken = set(OUTSIDE) | set(_named(production))
    for case in CASES:
        for id in case["ids"]:
            if any(finding.property for finding in findings(id, minimal(case["good"]))):
                broken.add(id)
            if any(judged(id, minimal(case["good"] | bad)) == "violated" for bad in case.get("bad", [])):
                broken.add(id)
    assert broken == set(CHECKS)


def should_never_be_met_what_no_template_can_say() -> None:
    estate = minimal({"Bucket": ["S3::Bucket", {}]})
    assert {id: judged(id, estate) for id in OUTSIDE} == dict.fromkeys(OUTSIDE, "violated")


def should_not_apply_to_an_estate_without_the_resource() -> None:
    assert judged("SageMaker.1", minimal({})) == "not_applicable"
    assert judged("S3.9", minimal({})) == "not_applicable"


def should_leave_the_trail_to_the_organisation_that_has_one() -> None:
    platform = load_environment("prod")
    trail = type(platform.audit).model_validate(
        {"trail": {"arn": f"arn:aws:cloudtrail:eu-west-1:{platform.account}:trail/organisation"}}
    )
    estate = minimal({}, platform.model_copy(update={"audit": trail}))
    assert judged("CloudTrail.1", estate) == "not_applicable"
    assert judged("CloudWatch.1", estate) == "not_applicable"
    assert judged("CloudTrail.1", minimal({}, platform)) == "violated"


def _less(estate: Estate, finding: Finding) -> Estate:
    return Estate(without(dict(estate.templates), finding.where, finding.property), estate.platform)


def should_leave_the_analyzer_to_an_account_that_has_one() -> None:
    platform = changed("prod", {"audit": {"access_analyzer": "existing"}})
    assert judged("IAM.28", minimal({})) == "violated"
    assert judged("IAM.28", minimal({}, platform)) == "satisfied"
