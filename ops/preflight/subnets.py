"""The subnets of a VPC that exists: in it, private, and with room."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from config.schema import ExistingVpc, Subnet
from ops.checks.cloud import Cloud
from ops.checks.row import Answer, Check, bad, good


def checks(vpc: ExistingVpc, room: int) -> Iterator[Check]:
    """Three for each subnet. `room`: the addresses that one of them must have free."""
    for index, subnet in enumerate(vpc.subnets):
        path = f"network.existing.subnets.{index}.id"
        ask = partial(_subnet, vpc=vpc, subnet=subnet)
        needed = f"{subnet.cidr} in {subnet.availability_zone}"
        yield Check(f"subnet {subnet.id}", needed, path, subnet.id, "SUBNET-EXISTS", ask)
        private = partial(_private, vpc=vpc, subnet=subnet)
        yield Check(f"subnet {subnet.id} is private", "no internet", path, subnet.id, "SUBNET-PRIVATE", private)
        free = partial(_room, subnet=subnet, needed=room)
        yield Check(f"subnet {subnet.id} has room", f"{room} free", path, subnet.id, "SUBNET-ROOM", free)


def table_ids(cloud: Cloud, vpc: ExistingVpc) -> set[str]:
    """The route tables that the named subnets use."""
    tables = (_table(cloud, vpc, subnet) for subnet in vpc.subnets)
    return {table["RouteTableId"] for table in tables if table}


def _table(cloud: Cloud, vpc: ExistingVpc, subnet: Subnet) -> dict[str, Any] | None:
    """The route table that a subnet uses: its own, or else the VPC's main one; None where there is no such VPC."""
    of_the_vpc = [{"Name": "vpc-id", "Values": [vpc.vpc_id]}]
    tables = cloud.all("ec2", "describe_route_tables", "RouteTables", Filters=of_the_vpc)
    associations = [(table, association) for table in tables for association in table["Associations"]]
    own = [table for table, association in associations if association.get("SubnetId") == subnet.id]
    main = [table for table, association in associations if association.get("Main")]
    return next(iter(own or main), None)


def _subnet(cloud: Cloud, vpc: ExistingVpc, subnet: Subnet) -> Answer:
    found = _described(cloud, subnet)
    if not found:
        return bad("absent", "the account has no such subnet in this region.", "correct the id.")
    wrong = {
        "VpcId": vpc.vpc_id,
        "AvailabilityZone": subnet.availability_zone,
        "CidrBlock": str(subnet.cidr),
        "State": "available",
    }
    differing = [f"{name} {found[name]}" for name, value in wrong.items() if found[name] != value]
    if differing:
        return bad(
            ", ".join(differing), "the subnet is not as the file says.", "correct the file, or name another one."
        )
    return good(f"{subnet.cidr} in {subnet.availability_zone}")


def _private(cloud: Cloud, vpc: ExistingVpc, subnet: Subnet) -> Answer:
    """Neither a way out through an internet gateway, nor public addresses."""
    found = _described(cloud, subnet)
    if not found:
        return bad("absent", "the account has no such subnet in this region.", "correct the id.")
    table = _table(cloud, vpc, subnet)
    if not table:
        return bad("no route table", f"{vpc.vpc_id} has none.", "correct `vpc_id`, or the subnet's id.")
    gateways = sorted(r["GatewayId"] for r in table["Routes"] if r.get("GatewayId", "").startswith("igw-"))
    if gateways:
        message = f"a public subnet named as private: {table['RouteTableId']} routes to an internet gateway."
        return bad(
            gateways[0], message, "name a subnet whose route table has no internet gateway, or remove the route."
        )
    if found["MapPublicIpOnLaunch"]:
        fix = f"aws ec2 modify-subnet-attribute --subnet-id {subnet.id} --no-map-public-ip-on-launch"
        return bad("public addresses", "the subnet gives public addresses to what starts in it.", fix)
    return good("private")


def _room(cloud: Cloud, subnet: Subnet, needed: int) -> Answer:
    found = _described(cloud, subnet)
    free = found["AvailableIpAddressCount"] if found else 0
    if free < needed:
        fix = "name a larger subnet, or less in `models` and `endpoints`."
        return bad(f"{free} free", "too few addresses for the endpoints and the instances of one zone.", fix)
    return good(f"{free} free")


def _described(cloud: Cloud, subnet: Subnet) -> dict[str, Any] | None:
    found = cloud.find("ec2", "describe_subnets", SubnetIds=[subnet.id])
    return found["Subnets"][0] if found and found["Subnets"] else None
