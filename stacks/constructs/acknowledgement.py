"""Findings of the security review that are accepted, at the resource they are about.

They stand in the templates' own `Metadata`, where an auditor of the deployed stack reads them too. `make review` gives
them to cdk-nag, and fails for one that no scanner reports, that gives no evidence, or that names an unknown rule.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import aws_cdk as cdk
from constructs import Construct

from stacks.constructs.accepted import Accepted
from stacks.constructs.naming import stack_of
from stacks.permissions.statement import Because, Statement

METADATA = "acknowledged"
WILDCARDS = "wildcards"
CHECKOV = re.compile(r"CKV2?_")
# What checkov finds in the same statements, by a part of an action's name: writing, and managing permissions, anywhere
CHECKOV_SEES = {"CKV_AWS_109": "Permission", "CKV_AWS_111": ""}
SEEN_BY_CHECKOV = (Because.NETWORK_INTERFACES, Because.API_LOGGING, Because.BOUNDARY)
CFN_LINT = re.compile(r"[EWI]\d{4}$")
# What is not recorded yet: every call to the CDK's own process costs, so there is one for each stack, at its end.
_wildcards: dict[cdk.Stack, dict[str, dict[str, str]]] = {}


def acknowledge(resource: cdk.CfnResource, *accepted: Accepted) -> None:
    """Accept, once for a resource, all findings of `accepted`. Raises ValueError for one that two of them name."""
    named = [finding for each in accepted for finding in each.findings]
    for finding in named:
        if named.count(finding) > 1:
            raise ValueError(f"{finding} is acknowledged twice at one resource: keep one reason.")
    notes = {rule: {"reason": each.reason, "evidence": each.evidence} for each in accepted for rule in each.findings}
    # In two scanners' own form as well, for whoever runs them on the synthesized templates.
    skipped = [{"id": rule, "comment": _text(its)} for rule, its in notes.items() if CHECKOV.match(rule)]
    ignored = [rule for rule in notes if CFN_LINT.match(rule)]
    # No override: the review asks the resource for it before the template is written, and would not see one.
    resource.add_metadata(METADATA, notes)
    if skipped:
        resource.add_metadata("checkov", {"skip": skipped})
    if ignored:
        resource.add_metadata("cfn-lint", {"config": {"ignore_checks": ignored}})


def acknowledge_wildcards(scope: Construct, path: str, statements: Sequence[Statement]) -> None:
    """Accept the wildcards of policies for the reasons that their statements give (`because=`).

    Only the reasons' names: the review derives each finding from the statements themselves. `record_wildcards` writes
    them. `path`: of the policies, and the name of one that has a name. Raises ValueError where statements of one sid,
    path and stack have different reasons.
    """
    because = {statement.sid: statement.because.name for statement in statements if statement.because}
    if not because:
        return
    known = _wildcards.setdefault(stack_of(scope), {}).setdefault(path, {})
    for sid, reason in because.items():
        if known.setdefault(sid, reason) != reason:
            raise ValueError(f"Statement {sid} at {path} is there for {known[sid]} and for {reason}: rename one.")


def record_wildcards() -> None:
    """Write the reasons of all stacks so far into their templates' `Metadata`: path of policies -> sid -> reason."""
    while _wildcards:
        stack, reasons = _wildcards.popitem()
        stack.add_metadata(WILDCARDS, reasons)


def _text(acknowledgement: dict[str, str]) -> str:
    return f"{acknowledgement['reason']} Evidence: {acknowledgement['evidence']}"
