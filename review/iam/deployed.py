"""The policies that a set of templates deploys: of roles, buckets, keys and VPC endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from review.iam.errors import TemplateError
from review.iam.policy import Kind, Policy
from review.iam.template import POLICIES, Resource, one, resources


class Deployed:
    """`Deployed(templates, account="111122223333", region="eu-west-1")`, then ask for a role's or bucket's policies.

    `templates`: stack name -> template. Raises TemplateError for what the templates do not hold and PolicyError for a
    document that IAM would refuse.
    """

    def __init__(
        self, templates: Mapping[str, Mapping[str, Any]], *, account: str, region: str, partition: str = "aws"
    ) -> None:
        self.resources = resources(templates, account=account, region=region, partition=partition)

    @cached_property
    def _managed(self) -> dict[str, Resource]:
        return {policy.arn: policy for policy in self.of("AWS::IAM::ManagedPolicy")}

    def of(self, type: str) -> list[Resource]:
        return [resource for resource in self.resources if resource.type == type]

    def role(self, *, path: str) -> Resource:
        """The one role whose path ends so: `/training/`."""
        found = [role for role in self.of("AWS::IAM::Role") if role.properties.get("Path", "/").endswith(path)]
        return one(found, f"role {path}")

    def identity(self, role: Resource) -> list[Policy]:
        """Managed policies attached from either side, and inline ones.

        A managed policy that is not in the templates (AWS's own) is a TemplateError: its text is not known here.
        """
        attached = [self._attached(role, arn) for arn in role.properties.get("ManagedPolicyArns", [])]
        by_role = [p for type in POLICIES for p in self.of(type) if role.ref in p.properties.get("Roles", [])]
        holders = [(p.path, p.properties["PolicyDocument"]) for p in [*attached, *by_role]]
        inline = [(f"{role.path}/{p['PolicyName']}", p["PolicyDocument"]) for p in role.properties.get("Policies", [])]
        return [Policy.parse(document, source=source) for source, document in [*holders, *inline]]

    def boundary(self, role: Resource) -> list[Policy] | None:
        """The role's permissions boundary; None if it has none."""
        arn = role.properties.get("PermissionsBoundary")
        if arn is None:
            return None
        policy = self._attached(role, arn)
        return [Policy.parse(policy.properties["PolicyDocument"], source=policy.path)]

    def trust(self, role: Resource) -> list[Policy]:
        """Who may assume the role."""
        return [Policy.parse(role.properties["AssumeRolePolicyDocument"], source=role.path, kind=Kind.TRUST)]

    def bucket_policy(self, bucket: Resource) -> list[Policy]:
        """The bucket's policy; empty if it has none."""
        found = [p for p in self.of("AWS::S3::BucketPolicy") if p.properties["Bucket"] == bucket.ref]
        return [Policy.parse(p.properties["PolicyDocument"], source=p.path, kind=Kind.RESOURCE) for p in found]

    def key_policy(self, key: Resource) -> list[Policy]:
        """The key's policy."""
        return [Policy.parse(key.properties["KeyPolicy"], source=key.path, kind=Kind.RESOURCE)]

    def endpoint_policy(self, service: str) -> list[Policy]:
        """The policy of the one VPC endpoint of a service, such as `s3` or `sagemaker.api`."""
        found = [e for e in self.of("AWS::EC2::VPCEndpoint") if e.properties["ServiceName"].endswith(f".{service}")]
        endpoint = one(found, f"VPC endpoint of {service}")
        return [Policy.parse(endpoint.properties["PolicyDocument"], source=endpoint.path, kind=Kind.RESOURCE)]

    def _attached(self, role: Resource, arn: str) -> Resource:
        if arn not in self._managed:
            raise TemplateError(f"{role.path}: the policy {arn} is not in the templates, its statements are unknown.")
        return self._managed[arn]
