"""A role with one managed policy of its own, inside the environment's permissions boundary."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.constructs.acknowledgement import acknowledge_wildcards
from stacks.permissions.statement import Statement, policy
from stacks.permissions.trust import Trust
from stacks.values.identity import Identity


class ScopedRole(Construct):
    """A role of one kind. What needs it at creation depends on `policy`, or races with IAM.

    `role_arn` is for those who pass or name it. Path and boundary are the environment's: no argument changes them.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        identity: Identity,
        kind: str,
        trust: Trust,
        description: str,
        statements: Sequence[Statement],
    ) -> None:
        super().__init__(scope, id)
        self.statements = tuple(statements)
        self.role = iam.CfnRole(
            self,
            "Role",
            description=description,
            path=identity.path_of(kind),
            permissions_boundary=identity.boundary,
            assume_role_policy_document=trust,
        )
        self.policy = iam.CfnManagedPolicy(
            self,
            "Policy",
            description=description,
            path=identity.path_of(kind),
            policy_document=policy(self.statements),
            roles=[self.role.ref],
        )
        acknowledge_wildcards(self.policy, self.statements)
        self.role_arn = self.role.attr_arn
