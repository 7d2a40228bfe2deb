"""The list of what production accepts: an acknowledgement more or less is a change to look at.

`pytest --snapshot-update` accepts a wanted one. That none is stale, misspelt or empty: test_review.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from app import compose, compose_bootstrap
from config import environment_names
from review import audit, scanners
from review.accepted import acknowledgements
from review.assembly import synthesize
from review.controls import evaluate
from review.findings import Place
from review.rules import is_known
from stacks.constructs import accepted as module
from stacks.constructs.accepted import Accepted
from tests.conftest import ROOT
from tests.stacks.doors import DOORS, EVERYTHING
from tests.stacks.resources import Template
from tests.stacks.variant import changed

TABLE = {name: each for name, each in vars(module).items() if isinstance(each, Accepted)}
TRAIL = {"arn": "arn:aws:cloudtrail:eu-west-1:333344445555:trail/organisation", "log_group": "organisation-trail"}
NAT = {"network": {"internet": "nat"}, "front_door": {"concurrency": 7}}
SMALL = {"model": "reviews", "candidate": "linear", "serverless": {}}
SERVERLESS = {
    "endpoints": {"small": {"mode": "serverless", "variants": {"linear": SMALL}, "rollout": {"kind": "all_at_once"}}}
}
OWN_TRAIL = {"audit": {"trail": TRAIL, "emails": ["operators@example.com"]}}
# What an organisation may set, the reasons that are needed only then, and the controls that it must except itself
VARIANTS: list[tuple[dict[str, Any], set[str], set[str]]] = [
    (
        {**NAT, **SERVERLESS},
        {"WAY_OUT_BY_NAT", "EGRESS_BY_NAT", "SERVERLESS_MODEL", "SERVERLESS_STORAGE"},
        {"vpc:no-igw-route", "vpc:sg-egress", "SMDG-13", "SageMaker.5", "cfg:sagemaker-model-in-vpc"},
    ),
    ({"front_door": EVERYTHING}, set(), set()),
    ({"front_door": DOORS["private"], **OWN_TRAIL}, {"TAKES_OTHER_STACKS_LOGS"}, set()),
    ({"front_door": DOORS["api_key"]}, {"KEYS_ONLY"}, {"apigw:auth", "apigw:private-or-regional"}),
]
ELSEWHERE = {name for _, names, _ in VARIANTS for name in names}
Templates = Callable[[str], dict[str, Template]]


def reasons(templates: dict[str, Template]) -> dict[str, list[str]]:
    """Reason -> where it is given: `<stack>/<logical id>: <rule, or a policy's statement>`."""
    given = defaultdict(set)
    for stack, template in templates.items():
        for logical_id, resource in template["Resources"].items():
            for each in acknowledgements(resource, Place("", stack, logical_id, ""), template.get("Metadata", {})):
                given[each.reason].add(f"{stack}/{logical_id}: {each.origin or each.rule}")
    return {reason: sorted(places) for reason, places in sorted(given.items())}


def should_be_the_accepted_list(
    templates: Templates, bootstrap: Callable[[str], Template], snapshot: SnapshotAssertion
) -> None:
    found = reasons({**templates("prod"), "bootstrap": bootstrap("prod")})
    assert found == snapshot(extension_class=JSONSnapshotExtension)


@pytest.mark.parametrize("name", sorted(TABLE.keys() - ELSEWHERE))
def should_need_every_entry_of_the_table_for_all_of_its_rules(name: str, templates: Templates) -> None:
    entry = TABLE[name]
    given = [place for env in environment_names() for place in reasons(templates(env)).get(entry.reason, [])]
    assert set(entry.findings) <= {place.rsplit(": ", 1)[1] for place in given}


@pytest.mark.parametrize(("changes", "needed", "to_except"), VARIANTS)
def should_be_clean_in_a_variant(
    changes: dict[str, Any], needed: set[str], to_except: set[str], tmp_path: Path
) -> None:
    """All scanners of templates, and the controls, over production with these settings."""
    platform = changed("prod", changes)

    def everything(app: cdk.App) -> None:
        compose(app, platform)
        compose_bootstrap(app, platform)

    assembly = synthesize("prod", platform.region, tmp_path / "prod", everything)
    bare = tmp_path / "templates"
    scanners.bare_templates([assembly], bare)
    findings = [*assembly.findings(), *scanners.checkov(bare, [assembly]), *scanners.cfn_lint(bare, [assembly])]
    accepted = list(assembly.acknowledgements())
    assert {each.rule for each in accepted} >= {rule for name in needed for rule in TABLE[name].findings}
    assert audit.open_findings(findings, accepted) == []
    assert audit.complaints(accepted, findings, is_known, ROOT) == []
    violated = [row for row in evaluate(assembly.templates, platform) if row.status == "violated"]
    assert {row.id for row in violated if not row.checked_by.startswith("rows ")} == to_except
