"""The VPC, our own or an existing one."""

from __future__ import annotations

from typing import Any

from tests.config.cases.case import REGION, Case

ZONES = "network.availability_zones"
SUBNETS = "network.existing.subnets"


def subnet(number: int, zone: str, cidr: str) -> dict[str, Any]:
    return {"id": f"subnet-{number:017x}", "availability_zone": f"{REGION}{zone}", "cidr": cidr}


A = subnet(1, "a", "10.60.0.0/24")
B = subnet(2, "b", "10.60.1.0/24")


def existing(*subnets: dict[str, Any], **more: Any) -> dict[str, Any]:
    vpc = {
        "vpc_id": f"vpc-{1:017x}",
        "cidr": "10.60.0.0/16",
        "subnets": list(subnets) or [A, B],
        "route_table_ids": [f"rtb-{1:017x}"],
    }
    return {"network": {"existing": {**vpc, **more}}}


def small(cidr: str) -> dict[str, Any]:
    return existing(A, subnet(2, "b", cidr))


def fleet(cidr: str, internet: str = "none") -> dict[str, Any]:
    return {
        "network.cidr": cidr,
        "network.internet": internet,
        "endpoints.reviews.variants.linear.scaling.max": 56,
    }


ENDPOINTS = {"s3_endpoint_id": f"vpce-{1:017x}", "endpoints_security_group_id": f"sg-{1:017x}"}

CASES = [
    Case(
        "ZONES-TWO",
        {ZONES: ["eu-west-1a"]},
        ZONES,
        ["eu-west-1a"],
        "two or three",
        {ZONES: ["eu-west-1a", "eu-west-1c"]},
    ),
    Case(
        "ZONES-IN-REGION",
        {ZONES: ["eu-west-1a", "us-east-1b"]},
        f"{ZONES}.1",
        "us-east-1b",
        "eu-west-1a",
        {ZONES: ["eu-west-1a", "eu-west-1b"]},
    ),
    Case(
        "ZONES-IN-REGION",
        {ZONES: ["eu-west-1a", "eu-west-1a", "eu-west-1b"]},
        f"{ZONES}.1",
        "eu-west-1a",
        "different zones",
        {ZONES: ["eu-west-1a", "eu-west-1c", "eu-west-1b"]},
    ),
    Case(
        "ZONES-IN-REGION",
        existing(A, {**B, "availability_zone": "eu-west-2b"}),
        f"{SUBNETS}.1.availability_zone",
        "eu-west-2b",
        "eu-west-1a",
        existing(A, B, subnet(3, "b", "10.60.2.0/24")),
    ),
    Case("CIDR-FORM", {"network.cidr": 10}, "network.cidr", 10, "10.40.0.0/16"),
    Case("CIDR-FORM", {"network.cidr": "10.20.0.0/33"}, "network.cidr", "10.20.0.0/33", "10.40.0.0/16"),
    Case(
        "CIDR-FORM",
        {"network.cidr": "10.30.0.1/16"},
        "network.cidr",
        "10.30.0.1/16",
        "write 10.30.0.0/16",
        {"network.cidr": "10.30.0.0/16"},
    ),
    Case(
        "CIDR-SIZE",
        {"network.cidr": "10.0.0.0/23"},
        "network.cidr",
        "10.0.0.0/23",
        "10.0.0.0/16",
        {"network.cidr": "10.0.0.0/22"},
    ),
    Case(
        "CIDR-PRIVATE",
        {"network.cidr": "11.0.0.0/16"},
        "network.cidr",
        "11.0.0.0/16",
        "10.0.0.0/8",
        {"network.cidr": "100.64.0.0/16"},
    ),
    Case(
        "CIDR-DOCKER",
        {"network.cidr": "172.17.4.0/22"},
        "network.cidr",
        "172.17.4.0/22",
        "outside 172.17.0.0/16",
        {"network.cidr": "172.18.0.0/16"},
    ),
    Case(
        "REGION-KNOWN",
        {"region": "eu-west-7", ZONES: ["eu-west-7a", "eu-west-7b"]},
        "region",
        "eu-west-7",
        "did you mean `eu-west-",
        {"region": "eu-west-2", ZONES: ["eu-west-2a", "eu-west-2b"]},
    ),
    Case(
        "S3-ADDRESSES",
        {"region": "eu-south-2", ZONES: ["eu-south-2a", "eu-south-2b"]},
        "region",
        "eu-south-2",
        "--region eu-south-2 --filters Name=prefix-list-name,Values=com.amazonaws.eu-south-2.s3 --query PrefixLists[]",
        {"region": "eu-west-2", ZONES: ["eu-west-2a", "eu-west-2b"]},
    ),
    Case(
        "BUCKET-NAME",
        {"network.s3_read_buckets": ["jumpstart-cache-prod-*"]},
        "network.s3_read_buckets.0",
        "jumpstart-cache-prod-*",
        "jumpstart-cache-prod-eu-west-1",
        {"network.s3_read_buckets": ["jumpstart-cache-prod-eu-west-1"]},
    ),
    Case("SUBNET-ROOM", small("10.60.1.0/27"), f"{SUBNETS}.1.cidr", "10.60.1.0/27", "/26", small("10.60.1.0/26")),
    # 5 reserved, 12 endpoints, 2 for each of 4 jobs and of 2 x 60 instances during an update: 265.
    Case(
        "SUBNET-ROOM", fleet("10.0.0.0/22"), "network.cidr", "10.0.0.0/22", "265 addresses: /23", fleet("10.0.0.0/21")
    ),
    # With NAT gateways the private subnets are as large: the last quarter is theirs.
    Case(
        "SUBNET-ROOM",
        fleet("10.0.0.0/22", "nat"),
        "network.cidr",
        "10.0.0.0/22",
        "not /24",
        fleet("10.0.0.0/21", "nat"),
    ),
    Case(
        "SUBNET-TWICE",
        existing(A, B, B),
        f"{SUBNETS}.2.id",
        B["id"],
        "remove it",
        existing(A, B, subnet(3, "b", "10.60.2.0/24")),
    ),
    Case(
        "EXISTING-ZONES",
        existing(A, subnet(2, "a", "10.60.1.0/24")),
        SUBNETS,
        ["eu-west-1a"],
        "another zone",
        existing(A, subnet(2, "a", "10.60.1.0/24"), subnet(3, "b", "10.60.2.0/24")),
    ),
    Case(
        "SUBNET-OUTSIDE",
        existing(A, subnet(2, "b", "10.61.0.0/24")),
        f"{SUBNETS}.1.cidr",
        "10.61.0.0/24",
        "10.60.0.0/16",
        existing(A, subnet(2, "b", "10.60.255.0/24")),
    ),
    Case(
        "SUBNET-OVERLAP",
        existing(A, subnet(2, "b", "10.60.0.128/25")),
        f"{SUBNETS}.1.cidr",
        "10.60.0.128/25",
        "10.60.0.0/24",
        existing(A, subnet(2, "b", "10.60.1.128/25")),
    ),
    Case(
        "EXISTING-ENDPOINTS",
        existing(s3_endpoint_id=ENDPOINTS["s3_endpoint_id"]),
        "network.existing.endpoints_security_group_id",
        None,
        "add `endpoints_security_group_id`",
        existing(route_table_ids=[], **ENDPOINTS),
    ),
    Case(
        "EXISTING-ROUTES",
        existing(route_table_ids=[]),
        "network.existing.route_table_ids",
        [],
        "route tables",
        existing(route_table_ids=[], **ENDPOINTS),
    ),
    Case(
        "EXISTING-ROUTES-UNUSED",
        existing(**ENDPOINTS),
        "network.existing.route_table_ids",
        [f"rtb-{1:017x}"],
        f"owner of vpce-{1:017x}",
        existing(route_table_ids=[], **ENDPOINTS),
    ),
    Case(
        "LISTED-TWICE",
        existing(route_table_ids=[f"rtb-{1:017x}", f"rtb-{1:017x}"]),
        "network.existing.route_table_ids.1",
        f"rtb-{1:017x}",
        "remove it",
        existing(route_table_ids=[f"rtb-{1:017x}", f"rtb-{2:017x}"]),
    ),
    Case(
        "S3-READ-EXISTING",
        {"network": {**existing(route_table_ids=[], **ENDPOINTS)["network"], "s3_read_buckets": ["theirs"]}},
        "network.s3_read_buckets",
        ["theirs"],
        f"policy of vpce-{1:017x}",
        {"network": {**existing()["network"], "s3_read_buckets": ["theirs"]}},
    ),
    Case(
        "NETWORK-EITHER",
        {"network": {**existing()["network"], "cidr": "10.60.0.0/16"}},
        "network.cidr",
        "10.60.0.0/16",
        "remove `cidr`",
        existing(),
    ),
    Case(
        "NETWORK-EITHER",
        {"network": {**existing()["network"], "internet": "nat"}},
        "network.internet",
        "nat",
        "remove `internet`",
        {"network.internet": "nat"},
    ),
    Case(
        "NETWORK-EITHER",
        {"network": {"cidr": "10.60.0.0/16"}},
        ZONES,
        None,
        "add `availability_zones`",
        {"network": {"cidr": "10.60.0.0/16", "availability_zones": ["eu-west-1a", "eu-west-1b"]}},
    ),
]
