"""Read roles and statements of what is deployed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from review.iam import Deployed
from review.iam.template import Resource

Document = dict[str, Any]


def roles(cloud: Deployed) -> list[Resource]:
    """Every role; fails when there is none, so that no assertion holds over nothing."""
    found = cloud.of("AWS::IAM::Role")
    assert found, "there are no roles"
    return found


def kind(role: Resource) -> str:
    """`/ashlar/dev/pipeline/` -> `pipeline`."""
    return str(role.properties["Path"]).strip("/").rsplit("/", 1)[-1]


def policies(cloud: Deployed, role: Resource) -> list[Resource]:
    """The managed policies of a role."""
    return [policy for policy in cloud.of("AWS::IAM::ManagedPolicy") if role.ref in policy.carried_by]


def statements(cloud: Deployed, role: Resource) -> list[Document]:
    """What the role's own policies say."""
    return [statement for policy in policies(cloud, role) for statement in said(policy)]


def said(policy: Resource) -> list[Document]:
    """The statements of a policy."""
    found: list[Document] = policy.properties["PolicyDocument"]["Statement"]
    return found


def every_statement(cloud: Deployed) -> Iterator[tuple[str, Document]]:
    """Where it stands, and every statement of every managed policy, the boundary and the execution policies too."""
    for policy in cloud.of("AWS::IAM::ManagedPolicy"):
        for statement in said(policy):
            yield f"{policy.path}: {statement['Sid']}", statement


def of_kind(cloud: Deployed, name: str) -> list[Document]:
    """The statements of all roles of one kind."""
    found = [statement for role in roles(cloud) if kind(role) == name for statement in statements(cloud, role)]
    assert found, f"there is no role of kind {name}"
    return found


def allowing(found: list[Document], action: str) -> list[Document]:
    """The statements that name this action."""
    return [statement for statement in found if action in statement["Action"] and statement["Effect"] == "Allow"]


def actions(found: list[Document]) -> set[str]:
    """What the statements allow."""
    return {action for statement in found if statement["Effect"] == "Allow" for action in statement["Action"]}
