"""Findings of the security review that are accepted, at the resource they are about.

They stand in the template's own `Metadata`, where an auditor of the deployed stack reads them too. `make review` gives
them to cdk-nag, and fails for one that no scanner reports, that gives no evidence, or that names an unknown rule.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from typing import Any

import aws_cdk as cdk

from stacks.permissions.statement import Because, Statement

METADATA = "acknowledged"
WILDCARDS = "wildcards"
CHECKOV = re.compile(r"CKV2?_")
# What checkov finds in the same statements: writing, and managing permissions, on every resource
CHECKOV_SEES = {
    Because.NETWORK_INTERFACES: ("CKV_AWS_109", "CKV_AWS_111"),
    Because.API_LOGGING: ("CKV_AWS_111",),
    Because.BOUNDARY: ("CKV_AWS_109", "CKV_AWS_111"),
}
CFN_LINT = re.compile(r"[EWI]\d{4}$")


class Accepted(Enum):
    """Why a finding is left as it is. Few reasons for many findings: a new one is worth a discussion."""

    ZONES_ARE_CONFIGURED = (
        "Availability zones come from the configuration: synth looks nothing up, and subnets must not move."
    )


def acknowledge(resource: cdk.CfnResource, *findings: str, reason: Accepted | Because, evidence: str) -> None:
    """Accept `findings`: full rule ids as the report names them, one for each finding.

    `evidence` says where the reason can be checked: a test, an ADR, AWS's page. Raises ValueError for a finding that is
    acknowledged twice and for one that names several (`*` outside of brackets).
    """
    known: dict[str, Any] = dict(resource.get_metadata(METADATA) or {})
    for finding in findings:
        if finding in known:
            raise ValueError(f"{finding} is acknowledged twice at one resource: keep one reason.")
        if "*" in finding.split("[")[0]:
            raise ValueError(f"{finding} is a pattern: acknowledge each finding by its full id.")
        known[finding] = {"reason": reason.value, "evidence": evidence}
    resource.add_metadata(METADATA, known)
    # The two scanners' own form as well, for whoever runs them on the synthesized templates.
    skipped = [{"id": rule, "comment": _text(known[rule])} for rule in known if CHECKOV.match(rule)]
    if skipped:
        resource.add_metadata("checkov", {"skip": skipped})
    ignored = [rule for rule in known if CFN_LINT.match(rule)]
    if ignored:
        resource.add_metadata("cfn-lint", {"config": {"ignore_checks": ignored}})


def acknowledge_wildcards(policy: cdk.CfnResource, statements: Sequence[Statement]) -> None:
    """Accept the wildcards of a policy for the reasons that its statements give (`because=`)."""
    because = {statement.sid: statement.because for statement in statements if statement.because}
    if because:
        policy.add_metadata(WILDCARDS, {sid: reason.name for sid, reason in because.items()})
    # One policy is one finding of checkov's, however many of its statements cause it.
    for reason, rules in CHECKOV_SEES.items():
        sids = [sid for sid, given in because.items() if given is reason]
        if sids:
            acknowledge(policy, *rules, reason=reason, evidence=f"Statements: {', '.join(sids)}")


def _text(acknowledgement: dict[str, str]) -> str:
    return f"{acknowledgement['reason']} Evidence: {acknowledgement['evidence']}"
