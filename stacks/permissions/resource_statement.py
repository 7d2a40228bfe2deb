"""One statement of the policy of a key, a topic or a queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from stacks.permissions.statement import VERSION, Conditions

Principal = dict[str, str] | Literal["*"]


@dataclass(frozen=True)
class ResourceStatement:
    """`principal`: `{"Service": …}`, `{"AWS": …}`, or `*` for everybody.

    Raises ValueError for a statement that allows everybody something: a condition could be lost without a sign.
    """

    sid: str
    principal: Principal
    actions: Sequence[str]
    conditions: Conditions
    effect: Literal["Allow", "Deny"] = "Allow"

    def __post_init__(self) -> None:
        if self.principal == "*" and self.effect == "Allow":
            raise ValueError(f"Statement {self.sid} allows everybody something: name the principal.")

    def document(self, resource: str) -> dict[str, Any]:
        """The statement as IAM's JSON. In a key's policy `*` means the key itself."""
        document: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": self.effect,
            "Principal": self.principal,
            "Action": list(self.actions),
            "Resource": resource,
        }
        return document | ({"Condition": {k: dict(v) for k, v in self.conditions.items()}} if self.conditions else {})


def resource_policy(statements: Sequence[ResourceStatement], resource: str) -> dict[str, Any]:
    """The policy document of `resource`, an ARN."""
    return {"Version": VERSION, "Statement": [statement.document(resource) for statement in statements]}
