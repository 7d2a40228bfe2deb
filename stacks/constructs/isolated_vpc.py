"""A VPC of our own: private subnets without a way out, or with one NAT gateway in each zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from stacks.constructs.accepted import CLOSED_BY_A_FUNCTION, WAY_OUT_BY_NAT, ZONES_ARE_CONFIGURED
from stacks.constructs.acknowledgement import acknowledge
from stacks.values.private_subnets import PrivateSubnets

ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class Layout:
    """Private and public subnets for up to three zones, one for each, in the order of the zones."""

    private: Sequence[IPv4Network]
    public: Sequence[IPv4Network]


def layout(cidr: IPv4Network, zones: int) -> Layout:
    """Private subnets are quarters; the last quarter stays free, or holds the public subnets, so nothing ever moves."""
    *private, last = cidr.subnets(prefixlen_diff=2)
    return Layout(private[:zones], list(last.subnets(prefixlen_diff=2))[:zones])


class IsolatedVpc(Construct):
    """One private subnet and route table for each zone. `private` is what workloads see of it.

    A subnet uses its route table, and so reaches S3, once its `associations` exist.
    """

    def __init__(self, scope: Construct, id: str, *, cidr: IPv4Network, zones: Sequence[str], nat: bool) -> None:
        super().__init__(scope, id)
        # Private DNS of the interface endpoints needs both.
        vpc = ec2.CfnVPC(self, "Vpc", cidr_block=str(cidr), enable_dns_support=True, enable_dns_hostnames=True)
        acknowledge(vpc, CLOSED_BY_A_FUNCTION)
        self._vpc_id = vpc.ref
        self.default_group_id = vpc.attr_default_security_group
        self.associations: list[ec2.CfnSubnetRouteTableAssociation] = []
        split = layout(cidr, len(zones))
        placed = [self._subnet(f"Private{n}", split.private[n], zone) for n, zone in enumerate(zones)]
        tables = [self._route_table(f"Private{n}", [subnet]) for n, subnet in enumerate(placed)]
        self.private = PrivateSubnets(vpc.ref, [subnet.ref for subnet in placed], [table.ref for table in tables])
        if nat:
            self._way_out(split.public, zones)

    def _subnet(self, id: str, cidr: IPv4Network, zone: str) -> ec2.CfnSubnet:
        subnet = ec2.CfnSubnet(
            self,
            f"{id}Subnet",
            vpc_id=self._vpc_id,
            cidr_block=str(cidr),
            availability_zone=zone,
            map_public_ip_on_launch=False,
        )
        acknowledge(subnet, ZONES_ARE_CONFIGURED)
        return subnet

    def _route_table(self, id: str, subnets: Sequence[ec2.CfnSubnet]) -> ec2.CfnRouteTable:
        table = ec2.CfnRouteTable(self, f"{id}Routes", vpc_id=self._vpc_id)
        for n, subnet in enumerate(subnets):
            self.associations.append(
                ec2.CfnSubnetRouteTableAssociation(
                    self, f"{id}Association{n}", subnet_id=subnet.ref, route_table_id=table.ref
                )
            )
        return table

    def _way_out(self, cidrs: Sequence[IPv4Network], zones: Sequence[str]) -> None:
        """Only NAT gateways are in the public subnets; the loss of a zone leaves the others their way out."""
        gateway = ec2.CfnInternetGateway(self, "InternetGateway")
        attachment = ec2.CfnVPCGatewayAttachment(
            self, "InternetGatewayAttachment", vpc_id=self._vpc_id, internet_gateway_id=gateway.ref
        )
        public = [self._subnet(f"Public{n}", cidrs[n], zone) for n, zone in enumerate(zones)]
        table = self._route_table("Public", public)
        route = ec2.CfnRoute(
            self,
            "PublicRoute",
            route_table_id=table.ref,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.ref,
        )
        route.add_resource_dependency(attachment)
        acknowledge(route, WAY_OUT_BY_NAT)
        for n, subnet in enumerate(public):
            address = ec2.CfnEIP(self, f"Address{n}", domain="vpc")
            # An address can be given to a VPC only after its internet gateway.
            address.add_resource_dependency(attachment)
            nat = ec2.CfnNatGateway(self, f"Nat{n}", subnet_id=subnet.ref, allocation_id=address.attr_allocation_id)
            ec2.CfnRoute(
                self,
                f"PrivateRoute{n}",
                route_table_id=self.private.route_table_ids[n],
                destination_cidr_block=ANYWHERE,
                nat_gateway_id=nat.ref,
            )
