"""A set of synthesized templates as the resources they will make: properties with every intrinsic resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from review.iam.errors import TemplateError
from review.iam.intrinsics import Intrinsics, Template

POLICIES = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy")


@dataclass(frozen=True, eq=False)
class Resource:
    """One resource. `ref` is what `Ref` returns, `properties` holds plain values only.

    `carried_by`: of a policy, the roles that it is attached to, from whichever side. A resource under a condition is
    here whether it holds or not: what is reviewed is what may be deployed.
    """

    stack: str
    logical_id: str
    type: str
    properties: dict[str, Any]
    ref: str
    arn: str
    deletion_policy: str = "Delete"
    carried_by: frozenset[str] = frozenset()

    @property
    def path(self) -> str:
        """Where it stands: `<stack>/<LogicalId>`."""
        return f"{self.stack}/{self.logical_id}"


def resources(
    templates: Mapping[str, Template], *, account: str, region: str, partition: str = "aws"
) -> list[Resource]:
    """Every resource of the stacks, in their order. `templates`: stack name -> template.

    Raises TemplateError for a reference, an export or a function that the templates do not explain.
    """
    intrinsics = Intrinsics(templates, account=account, region=region, partition=partition)
    found = list(_resources(templates, intrinsics))
    carriers = _carriers(found)
    return [replace(each, carried_by=frozenset(carriers.get(each.ref, ()))) for each in found]


def _carriers(found: list[Resource]) -> dict[str, set[str]]:
    """Managed policy -> names of the roles that have it."""
    carriers: dict[str, set[str]] = {}
    for each in found:
        for role in each.properties.get("Roles", []) if each.type in POLICIES else []:
            carriers.setdefault(each.ref, set()).add(role)
        for policy in each.properties.get("ManagedPolicyArns", []) if each.type == "AWS::IAM::Role" else []:
            carriers.setdefault(policy, set()).add(each.ref)
    return carriers


def _resources(templates: Mapping[str, Template], intrinsics: Intrinsics) -> Iterator[Resource]:
    for stack, template in templates.items():
        for logical_id, resource in template.get("Resources", {}).items():
            yield Resource(
                stack=stack,
                logical_id=logical_id,
                type=resource["Type"],
                properties=intrinsics.value(stack, resource.get("Properties", {})),
                ref=intrinsics.reference(stack, logical_id),
                arn=intrinsics.arn(stack, logical_id),
                deletion_policy=resource.get("DeletionPolicy", "Delete"),
            )


def one(found: list[Resource], what: str) -> Resource:
    """The only one of a list; TemplateError names what was sought and what was found."""
    if len(found) != 1:
        raise TemplateError(f"sought one {what}, found {len(found)}: {', '.join(r.path for r in found) or 'none'}.")
    return found[0]
