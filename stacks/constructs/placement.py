"""Where a job, a model or a function is attached to the VPC."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2


@dataclass(frozen=True)
class Placement:
    """The isolated subnets of `vpc` and the security group that reaches the endpoints and nothing else."""

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection
    security_group: ec2.ISecurityGroup

    @property
    def subnet_ids(self) -> list[str]:
        """One subnet in each availability zone."""
        return self.vpc.select_subnets(subnet_type=self.subnets.subnet_type).subnet_ids
