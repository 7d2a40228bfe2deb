"""What all roles of an environment have in common."""

from __future__ import annotations

from dataclasses import dataclass

from stacks.values.account import Account


@dataclass(frozen=True)
class Identity:
    """`path` is `/<organisation's path>/<prefix>/<environment>/`; `boundary` is the ARN of the permissions boundary.

    A role's kind is part of its path, because CloudFormation makes up (and shortens) names but never paths: policies
    can name `role/…/<kind>/*` and mean exactly the roles of that kind.
    """

    account: Account
    path: str
    boundary: str

    def path_of(self, kind: str) -> str:
        """The path of the roles of one kind."""
        return f"{self.path}{kind}/"

    def roles(self, kind: str) -> str:
        """An ARN pattern: every role of one kind."""
        return self.account.global_arn("iam", f"role{self.path_of(kind)}*")
