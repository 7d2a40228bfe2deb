"""One statement of a policy, and why it may name more than one resource."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

Conditions = Mapping[str, Mapping[str, object]]
VERSION = "2012-10-17"
# IAM's quota is 6,144 characters, white space aside; what surrounds the statements is some of it.
LONGEST_POLICY = 6000
LONGEST_ARN = 120
TOKEN = re.compile(r"\$\{Token\[[^\]]*\]\}")


class Because(Enum):
    """Why a statement allows a pattern of resources: the reasons that a security review accepts, and their evidence."""

    OBJECT_KEYS = "Objects below one prefix of one named bucket: their keys are not known before they are written."
    GENERATED_NAMES = (
        "CloudFormation or SageMaker makes up the end of the name; the part that says whose it is is fixed."
    )
    VERSIONS = "Versions, streams or executions below one named resource: they come into being while the platform runs."
    KEY_BY_ALIAS = "The key of the CDK's asset bucket, which only its alias names: the condition admits no other key."
    NO_RESOURCE_LEVEL = "The action supports no resource (Service Authorization Reference), so only * is possible."
    NETWORK_INTERFACES = (
        "The developer guide (SageMaker roles; Lambda in a VPC) asks for these EC2 actions without a resource: "
        "an interface is made in the subnets that the job or function is given, and conditions there hold that."
    )
    API_LOGGING = (
        "API Gateway has one logging role for account and region, and accepts only one that may write all log groups "
        "(API Gateway developer guide, permissions for CloudWatch logging)."
    )
    OWN_KIND = "Every resource of this kind that belongs to the platform's environment, by its name or path."
    BOUNDARY = "A permissions boundary grants nothing: it is the outer limit of all roles, so it names services whole."
    ENDPOINT = "A VPC endpoint's policy grants nothing: it is the outer limit of what roles may do through it."
    UNNAMED = (
        "The name is AWS's to give or to keep: what is created has none before, a service's own is not told. "
        "Region, tags and the statement's conditions are the limit."
    )
    READ_ONLY = "An auditor reads settings and logs of the whole account, and can change nothing."


@dataclass(frozen=True)
class Statement:
    """`sid` is unique in its policy. A wildcard in an allowed resource or action needs a reason.

    `all_but`: a Deny is of every resource but `resources`. Raises ValueError for a wildcard without a reason, for a
    reason without a wildcard, and for an Allow of `all_but`.
    """

    sid: str
    actions: Sequence[str]
    resources: Sequence[str]
    conditions: Conditions = field(default_factory=dict)
    because: Because | None = None
    effect: Literal["Allow", "Deny"] = "Allow"
    all_but: bool = False

    def __post_init__(self) -> None:
        if self.all_but and self.effect == "Allow":
            raise ValueError(f"Statement {self.sid} allows whatever it does not name: name what it allows.")
        wildcards = self.wildcards()
        if wildcards and not self.because and self.effect == "Allow":
            raise ValueError(
                f"Statement {self.sid} allows {wildcards[0]!r}: name the resources, or say why not (because=)."
            )
        if self.because and not wildcards:
            raise ValueError(
                f"Statement {self.sid} gives a reason, {self.because.name}, but has no wildcard: remove it."
            )

    def wildcards(self) -> list[str]:
        """The actions and resources with a wildcard."""
        return [each for each in (*self.actions, *self.resources) if "*" in each]

    def document(self) -> dict[str, Any]:
        """The statement as IAM's JSON."""
        document: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": list(self.actions),
            "NotResource" if self.all_but else "Resource": list(self.resources),
        }
        return document | ({"Condition": {k: dict(v) for k, v in self.conditions.items()}} if self.conditions else {})


def policy(statements: Sequence[Statement]) -> dict[str, Any]:
    """A policy document. Raises ValueError when two statements have the same sid."""
    _refuse_equal_sids(statements)
    return {"Version": VERSION, "Statement": [statement.document() for statement in statements]}


def parts(statements: Sequence[Statement]) -> list[list[Statement]]:
    """The statements in their order, in as many lists as managed policies are needed for IAM's quota of each.

    Raises ValueError when two statements have the same sid.
    """
    _refuse_equal_sids(statements)
    found: list[list[Statement]] = [[]]
    size = 0
    for statement in statements:
        length = _length(statement)
        if found[-1] and size + length > LONGEST_POLICY:
            found.append([])
            size = 0
        found[-1].append(statement)
        size += length
    return found


def _refuse_equal_sids(statements: Sequence[Statement]) -> None:
    sids = [statement.sid for statement in statements]
    for sid in sids:
        if sids.count(sid) > 1:
            raise ValueError(f"Two statements are called {sid}: sids are unique in a policy.")


def _length(statement: Statement) -> int:
    """Characters of the document; a token of the CDK's counts as the longest ARN that it may stand for."""
    return len(TOKEN.sub("x" * LONGEST_ARN, json.dumps(statement.document(), separators=(",", ":"))))
