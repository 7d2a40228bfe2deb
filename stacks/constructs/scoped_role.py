"""A role with one managed policy, written statement by statement: exact actions on exact resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

Conditions = Mapping[str, Mapping[str, object]]


class ScopedRole(Construct):
    """A role for `principal`. What needs the role at creation must depend on `policy`, or it races with IAM."""

    def __init__(self, scope: Construct, id: str, *, principal: iam.IPrincipal, description: str) -> None:
        super().__init__(scope, id)
        self.stack = cdk.Stack.of(self)
        self.role = iam.Role(self, "Role", description=description, assumed_by=principal)
        self.policy = iam.ManagedPolicy(self, "Policy", description=description, roles=[self.role])

    def allow(
        self, sid: str, actions: Sequence[str], resources: Sequence[str], conditions: Conditions | None = None
    ) -> None:
        """Add one statement. `sid` is unique in the policy."""
        statement = iam.PolicyStatement(
            sid=sid, actions=list(actions), resources=list(resources), conditions=dict(conditions or {})
        )
        self.policy.add_statements(statement)

    def arn(self, service: str, resource: str, name: str) -> str:
        """`arn:…:<service>:<region>:<account>:<resource>/<name>` of the stack's region and account."""
        return self.stack.format_arn(service=service, resource=resource, resource_name=name)

    def log_group_arns(self, pattern: str) -> list[str]:
        """A log group and its streams."""
        group = f"arn:{self.stack.partition}:logs:{self.stack.region}:{self.stack.account}:log-group:{pattern}"
        return [group, f"{group}:log-stream:*"]

    def allow_network_interfaces(self) -> None:
        """What attaches to the VPC needs these; EC2 offers no resource to narrow the Describe calls to."""
        create = ["ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission"]
        delete = ["ec2:DeleteNetworkInterface", "ec2:DeleteNetworkInterfacePermission"]
        describe = ["DhcpOptions", "NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs"]
        self.allow("NetworkInterfaces", create + delete + [f"ec2:Describe{what}" for what in describe], ["*"])


def service(name: str, stack: cdk.Stack) -> iam.IPrincipal:
    """An AWS service, acting for this account only (the confused-deputy condition)."""
    return iam.ServicePrincipal(name, conditions={"StringEquals": {"aws:SourceAccount": stack.account}})
