"""Security groups: what runs in the VPC may reach the endpoints, S3 and its own kind."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from stacks.constructs.accepted import EGRESS_BY_NAT
from stacks.constructs.acknowledgement import acknowledge

HTTPS = 443
Egress = ec2.CfnSecurityGroup.EgressProperty


class WorkloadGroups(Construct):
    """`workloads_id` is for jobs, models and functions; `endpoints_id` for interface endpoints, made unless it exists.

    Each group declares an egress rule, because EC2 gives a group without any one to anywhere.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc_id: str,
        s3_prefix_list: str,
        internet: bool,
        existing_endpoints_id: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._vpc_id = vpc_id
        # An endpoint only answers. To the host itself is the CloudFormation guide's way to say "no egress".
        nowhere = [_https("Nowhere", cidr_ip="127.0.0.1/32")]
        self.endpoints_id = (
            existing_endpoints_id or self._group("Endpoints", "Interface endpoints", nowhere).attr_group_id
        )
        out = [
            _https("To interface endpoints", destination_security_group_id=self.endpoints_id),
            _https("To S3, by the gateway endpoint", destination_prefix_list_id=s3_prefix_list),
        ]
        if internet:
            out.append(_https("To the internet, by NAT gateway", cidr_ip="0.0.0.0/0"))
        workloads = self._group("Workloads", "Jobs, models and functions", out)
        if internet:
            acknowledge(workloads, EGRESS_BY_NAT)
        self.workloads_id = workloads.attr_group_id
        self._admit("ToEndpoints", self.endpoints_id, "From jobs, models and functions", HTTPS, HTTPS)
        # The hosts of a distributed job talk to each other (developer guide: give training jobs access to a VPC).
        between_hosts = "Between the hosts of one distributed job"
        self._admit("BetweenHosts", self.workloads_id, between_hosts, 0, 65535)
        ec2.CfnSecurityGroupEgress(
            self,
            "BetweenHostsEgress",
            group_id=self.workloads_id,
            destination_security_group_id=self.workloads_id,
            description=between_hosts,
            ip_protocol="tcp",
            from_port=0,
            to_port=65535,
        )

    def _group(self, id: str, description: str, egress: list[Egress]) -> ec2.CfnSecurityGroup:
        return ec2.CfnSecurityGroup(
            self, id, group_description=description, vpc_id=self._vpc_id, security_group_egress=egress
        )

    def _admit(self, id: str, group_id: str, description: str, first: int, last: int) -> None:
        """Workloads may connect to members of the group."""
        ec2.CfnSecurityGroupIngress(
            self,
            id,
            group_id=group_id,
            source_security_group_id=self.workloads_id,
            description=description,
            ip_protocol="tcp",
            from_port=first,
            to_port=last,
        )


def _https(description: str, **destination: str) -> Egress:
    return Egress(ip_protocol="tcp", from_port=HTTPS, to_port=HTTPS, description=description, **destination)
