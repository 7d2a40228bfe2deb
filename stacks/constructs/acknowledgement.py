"""Findings of the security review that are accepted, at the resource they are about.

They stand in the template's own `Metadata`, where an auditor of the deployed stack reads them too. `make review` gives
them to cdk-nag, and fails for one that no scanner reports, that gives no evidence, or that names an unknown rule.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from weakref import WeakKeyDictionary

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
    notes = _notes.setdefault(resource, _Notes())
    notes.accept(findings, reason, evidence)
    notes.write(resource)


def acknowledge_wildcards(policy: cdk.CfnResource, statements: Sequence[Statement]) -> None:
    """Accept the wildcards of a policy for the reasons that its statements give (`because=`).

    Only the reasons' names: the review derives each finding from the statements themselves.
    """
    because = {statement.sid: statement.because.name for statement in statements if statement.because}
    if because:
        policy.add_metadata(WILDCARDS, because)


@dataclass
class _Notes:
    """What one resource's metadata says. Kept here, because each question to the CDK costs as much as a resource."""

    accepted: dict[str, dict[str, str]] = field(default_factory=dict)

    def accept(self, findings: Sequence[str], reason: Accepted | Because, evidence: str) -> None:
        for finding in findings:
            if finding in self.accepted:
                raise ValueError(f"{finding} is acknowledged twice at one resource: keep one reason.")
            if "*" in finding.split("[")[0]:
                raise ValueError(f"{finding} is a pattern: acknowledge each finding by its full id.")
            self.accepted[finding] = {"reason": reason.value, "evidence": evidence}

    def write(self, resource: cdk.CfnResource) -> None:
        """As metadata, in two scanners' own form as well, for whoever runs them on the synthesized templates."""
        skipped = [{"id": rule, "comment": _text(its)} for rule, its in self.accepted.items() if CHECKOV.match(rule)]
        ignored = [rule for rule in self.accepted if CFN_LINT.match(rule)]
        metadata = {
            METADATA: self.accepted,
            "checkov": {"skip": skipped} if skipped else {},
            "cfn-lint": {"config": {"ignore_checks": ignored}} if ignored else {},
        }
        # No override: the review asks the resource for it before the template is written, and would not see one.
        for key, said in metadata.items():
            if said:
                resource.add_metadata(key, said)


_notes: WeakKeyDictionary[cdk.CfnResource, _Notes] = WeakKeyDictionary()


def _text(acknowledgement: dict[str, str]) -> str:
    return f"{acknowledgement['reason']} Evidence: {acknowledgement['evidence']}"
