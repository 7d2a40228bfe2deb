"""A VPC that exists, checked as strictly as one of our own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from config import Platform
from config.checks.subnets import RESERVED_ADDRESSES, addresses_needed
from config.schema import ExistingVpc
from ops.checks.cloud import Cloud
from ops.checks.row import Answer, Check, bad, good
from ops.preflight import subnets
from ops.preflight.subnets import table_ids

HERE = "network.existing"
DNS = {"enableDnsSupport": "EnableDnsSupport", "enableDnsHostnames": "EnableDnsHostnames"}


def checks(platform: Platform) -> Iterator[Check]:
    """The VPC and its DNS, each subnet, each route table."""
    vpc = platform.network.existing
    if not vpc:
        return
    yield Check(f"VPC {vpc.vpc_id}", str(vpc.cidr), f"{HERE}.vpc_id", vpc.vpc_id, "VPC-EXISTS", partial(_vpc, vpc=vpc))
    yield Check("VPC DNS", "support, host names", f"{HERE}.vpc_id", vpc.vpc_id, "VPC-DNS", partial(_dns, vpc=vpc))
    yield from subnets.checks(vpc, addresses_needed(platform) - RESERVED_ADDRESSES)
    if not vpc.has_endpoints:
        path, ids = f"{HERE}.route_table_ids", vpc.route_table_ids
        yield Check("route tables", "all of the subnets", path, ids, "ROUTE-TABLES", partial(_route_tables, vpc=vpc))
    for index, table in enumerate(vpc.route_table_ids):
        ask = partial(_route_table, vpc=vpc, id=table)
        path = f"{HERE}.route_table_ids.{index}"
        yield Check(f"route table {table}", "of a named subnet", path, table, "ROUTE-TABLE", ask)


def _vpc(cloud: Cloud, vpc: ExistingVpc) -> Answer:
    found = cloud.find("ec2", "describe_vpcs", VpcIds=[vpc.vpc_id])
    if not (found and found["Vpcs"]):
        return bad("absent", "the account has no such VPC in this region.", "correct the id.")
    blocks = [block["CidrBlock"] for block in found["Vpcs"][0].get("CidrBlockAssociationSet", [])]
    if str(vpc.cidr) not in blocks:
        return bad(
            ", ".join(blocks), "the VPC has another range.", f"write the range that holds the subnets: {blocks}."
        )
    return good(vpc.cidr)


def _dns(cloud: Cloud, vpc: ExistingVpc) -> Answer:
    """Both are needed for an endpoint's private names."""
    off = [
        name
        for name, key in DNS.items()
        if not cloud.ask("ec2", "describe_vpc_attribute", VpcId=vpc.vpc_id, Attribute=name)[key]["Value"]
    ]
    if off:
        fix = f"aws ec2 modify-vpc-attribute --vpc-id {vpc.vpc_id}: turn on {' and '.join(off)}."
        return bad(f"{', '.join(off)} off", "private names of the endpoints would not resolve.", fix)
    return good("on")


def _route_tables(cloud: Cloud, vpc: ExistingVpc) -> Answer:
    """The S3 endpoint that the platform makes is added to those that are named, and to no other."""
    lacking = sorted(table_ids(cloud, vpc) - set(vpc.route_table_ids))
    if lacking:
        message = "subnets that use these could not reach S3, which every job needs."
        return bad(f"without {', '.join(lacking)}", message, f"add {', '.join(lacking)}.")
    return good("all named")


def _route_table(cloud: Cloud, vpc: ExistingVpc, id: str) -> Answer:
    used = table_ids(cloud, vpc)
    if id not in used:
        fix = f"name: {', '.join(sorted(used))}." if used else "correct `vpc_id`, or the subnets' ids."
        return bad("of no named subnet", "the S3 endpoint would be of no use there.", fix)
    return good("used")
