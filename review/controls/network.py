"""VPC, subnets, routes and endpoints. Source: Security Hub, EC2 controls; SageMaker developer guide.

An existing VPC of the organisation is not in the templates: `ops preflight` looks at it in the account.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from review.controls.estate import Estate
from review.controls.findings import Finding, exists, expect, expect_that, shown, state
from review.controls.properties import demand
from review.controls.registry import control
from review.iam.template import Resource

ANYWHERE = ("0.0.0.0/0", "::/0")
DEFAULT_GROUP = re.compile(r"^Custom::.*Default(SG|SecurityGroup)")

demand("EC2.15", "EC2::Subnet", "MapPublicIpOnLaunch", False)
demand("EC2.180", "EC2::NetworkInterface", "SourceDestCheck", True)


@control("EC2.2")
def default_group_closed(estate: Estate) -> Iterator[Finding]:
    for vpc in estate.of("EC2::VPC"):
        groups = {r.path: shown(r.properties) for r in estate.resources if DEFAULT_GROUP.match(r.type)}
        closing = [path for path, properties in groups.items() if vpc.ref in properties]
        yield state(vpc, bool(closing), f"default security group closed by {', '.join(closing) or 'nothing'}")


@control("EC2.6")
def flow_logs(estate: Estate) -> Iterator[Finding]:
    for vpc in estate.of("EC2::VPC"):
        logs = [log for log in estate.of("EC2::FlowLog") if log.properties["ResourceId"] == vpc.ref]
        if not logs:
            yield state(vpc, False, "no flow log")
        yield from (expect(log, "TrafficType", "ALL") for log in logs)


def _endpoint(id: str, service: str) -> None:
    def check(estate: Estate) -> Iterator[Finding]:
        yield from has_endpoint(estate, service)

    check.__name__ = f"endpoint_{service}"
    control(id)(check)


def has_endpoint(estate: Estate, service: str) -> Iterator[Finding]:
    """Every VPC of the stacks has an endpoint of the service."""
    for vpc in estate.of("EC2::VPC"):
        found = [e for e in estate.of("EC2::VPCEndpoint") if e.properties["VpcId"] == vpc.ref]
        named = [e for e in found if service_of(e) == service]
        yield from (state(e, True, e.properties["ServiceName"]) for e in named)
        if not named:
            yield state(vpc, False, f"no endpoint of {service}")


for _id, _service in {
    "EC2.10": "ec2",
    "EC2.55": "ecr.api",
    "EC2.56": "ecr.dkr",
    "EC2.57": "ssm",
    "EC2.58": "ssm-contacts",
    "EC2.60": "ssm-incidents",
}.items():
    _endpoint(_id, _service)


@control("EC2.172")
def vpc_blocks_public_access(estate: Estate) -> Iterator[Finding]:
    yield from exists(estate.of("EC2::VPCBlockPublicAccessOptions"), "VPC block public access options")


@control("vpc:no-igw-route")
def no_route_to_the_internet(estate: Estate) -> Iterator[Finding]:
    """Subnets of a NAT gateway have a route to the internet gateway; that is a setting of the configuration."""
    for table in estate.of("EC2::RouteTable"):
        routes = [r.properties for r in estate.of("EC2::Route") if r.properties["RouteTableId"] == table.ref]
        wide = [r for r in routes if r.get("DestinationCidrBlock") in ANYWHERE and "GatewayId" in r]
        yield state(table, not wide, f"{len(wide)} routes from anywhere to an internet gateway")


@control("vpc:endpoint-policy", "SMDG-04")
def endpoints_have_policies(estate: Estate) -> Iterator[Finding]:
    """Without a policy, or with the default one, an endpoint lets any principal reach any resource."""
    for endpoint in estate.of("EC2::VPCEndpoint"):
        yield expect_that(endpoint, "PolicyDocument", _restricts, "a policy whose every Allow has a limit")


def service_of(endpoint: Resource) -> str:
    """`com.amazonaws.eu-west-1.ecr.api` -> `ecr.api`; `aws.sagemaker.eu-west-1.studio` -> `sagemaker.studio`."""
    parts = str(endpoint.properties["ServiceName"]).removeprefix("cn.").split(".")
    return ".".join(parts[3:]) if parts[0] == "com" else ".".join([parts[1], *parts[3:]])


def _restricts(document: dict[str, Any]) -> bool:
    allowed = [s for s in document["Statement"] if s["Effect"] == "Allow"]
    return all(s.get("Condition") or s["Resource"] != "*" for s in allowed)


def addresses(estate: Estate) -> int:
    """Usable addresses of all subnets; AWS keeps five of each."""
    return sum(ip_network(s.properties["CidrBlock"]).num_addresses - 5 for s in estate.of("EC2::Subnet"))
