"""Reads the acknowledgements in the `Metadata` of templates and resources, and turns them into findings' full ids."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from review.findings import Acknowledgement, Place
from stacks.constructs.acknowledgement import CHECKOV_SEES, METADATA, SEEN_BY_CHECKOV, WILDCARDS
from stacks.permissions.statement import Because

IAM_WILDCARD = "AwsSolutions-IAM5"


def acknowledgements(
    resource: Mapping[str, Any], place: Place, template: Mapping[str, Any]
) -> Iterator[Acknowledgement]:
    """All that a resource accepts, and for it the `Metadata` of its `template`.

    Raises KeyError for a reason that `Because` does not know.
    """
    for rule, given in resource.get("Metadata", {}).get(METADATA, {}).items():
        yield Acknowledgement(rule, place, given["reason"], given["evidence"])
    properties = resource.get("Properties", {})
    document = properties.get("PolicyDocument", {})
    # A policy without a path is none of ours.
    own = f"{properties.get('Path', '')}{properties.get('ManagedPolicyName', '')}"
    accepted = template.get(WILDCARDS, {}).get(own, {})
    excused = {s["Sid"]: s for s in document.get("Statement", []) if s.get("Sid") in accepted}
    for sid, statement in excused.items():
        evidence = f"Statement {sid}: {', '.join(_as_list(statement['Action']))}"
        for wildcard in wildcards(statement):
            yield Acknowledgement(f"{IAM_WILDCARD}[{wildcard}]", place, Because[accepted[sid]].value, evidence, sid)
    # One policy is one finding of checkov's, however many of its statements cause it.
    for reason in SEEN_BY_CHECKOV:
        its = {sid: _as_list(s["Action"]) for sid, s in excused.items() if accepted[sid] == reason.name}
        for rule, part in CHECKOV_SEES.items():
            sids = [sid for sid, actions in its.items() if any(part in action for action in actions)]
            if sids:
                yield Acknowledgement(rule, place, reason.value, f"Statements: {', '.join(sids)}")


def wildcards(statement: Mapping[str, Any]) -> Iterator[str]:
    """The findings of cdk-nag's IAM5 in one statement: `Action::s3:*`, `Resource::<Bucket.Arn>/raw/*`."""
    if statement.get("Effect") != "Allow":
        return
    for action in dict.fromkeys(_as_list(statement["Action"])):
        if "*" in action:
            yield f"Action::{action}"
    for resource in dict.fromkeys(flat(each) for each in _as_list(statement["Resource"])):
        if "*" in resource:
            yield f"Resource::{resource}"


def flat(value: Any) -> str:
    """A CloudFormation value in cdk-nag's words (its `flattenCfnReference`)."""
    if isinstance(value, str):
        return value.replace("${", "<").replace("}", ">")
    match value:
        case {"Fn::Join": [delimiter, parts]}:
            return str(delimiter).join(flat(part) for part in parts)
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"<{flat(resource)}.{flat(attribute)}>"
        case {"Fn::Sub": inner} | {"Fn::ImportValue": inner}:
            return flat(inner)
        case {"Ref": name}:
            return f"<{flat(name)}>"
    return json.dumps(value, separators=(",", ":"))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
