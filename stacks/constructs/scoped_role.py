"""A role with managed policies of its own, inside the environment's permissions boundary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.constructs.acknowledgement import acknowledge_wildcards
from stacks.permissions.statement import Statement, parts, policy
from stacks.permissions.trust import Trust
from stacks.values.identity import Identity


class ScopedRole:
    """A role of one kind. Whatever refers to it waits for its policy too, or would race with IAM.

    Path and boundary are the environment's: no argument changes them. The resources are in the caller's scope, `<id>`
    and `<id>Policy`, without one of their own: an environment has dozens of roles, and every scope costs. What is too
    long for one managed policy goes on in `<id>Policy2`.
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
        tags: Mapping[str, str] | None = None,
        name: str | None = None,
    ) -> None:
        path = identity.path_of(kind)
        policies = []
        for number, part in enumerate(parts(statements)):
            policies.append(
                iam.CfnManagedPolicy(
                    scope,
                    f"{id}Policy{number + 1 if number else ''}",
                    description=description,
                    path=path,
                    policy_document=policy(part),
                )
            )
        acknowledge_wildcards(scope, path, statements)
        self.role = iam.CfnRole(
            scope,
            id,
            description=description,
            role_name=name,
            path=path,
            permissions_boundary=identity.boundary,
            assume_role_policy_document=trust,
            managed_policy_arns=policies,
            tags=[cdk.CfnTag(key=key, value=value) for key, value in (tags or {}).items()] or None,
        )
        self.policies = policies

    @cached_property
    def role_arn(self) -> str:
        """For those who pass or name the role."""
        return self.role.attr_arn
