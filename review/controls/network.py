"""VPC, subnets, security groups and endpoints. Source: Security Hub, EC2 controls; SageMaker developer guide.

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
# EC2.19: ports that must never be open to everyone.
HIGH_RISK = {20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500, 5601}
HIGH_RISK |= {8080, 8088, 8888, 9200, 9300}
ADMIN = {22, 3389}
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


@control("EC2.18")
def nothing_open_to_everyone(estate: Estate) -> Iterator[Finding]:
    for holder, rule in _rules(estate, "Ingress"):
        yield state(holder, not _from_anywhere(rule), _shown(rule))


@control("EC2.19")
def no_high_risk_port_open(estate: Estate) -> Iterator[Finding]:
    for holder, rule in _rules(estate, "Ingress"):
        yield state(holder, not (_from_anywhere(rule) and _opens(rule, HIGH_RISK)), _shown(rule))


@control("EC2.21")
def network_acls_without_admin_ports(estate: Estate) -> Iterator[Finding]:
    for entry in estate.of("EC2::NetworkAclEntry"):
        rule = entry.properties
        ports = rule.get("PortRange", {"From": 0, "To": 65535})
        like_a_group = {"CidrIp": rule.get("CidrBlock"), "CidrIpv6": rule.get("Ipv6CidrBlock")}
        like_a_group |= {"FromPort": ports["From"], "ToPort": ports["To"], "IpProtocol": rule["Protocol"]}
        allows = not rule.get("Egress") and rule["RuleAction"] == "allow"
        yield state(entry, not (allows and _from_anywhere(like_a_group) and _opens(like_a_group, ADMIN)), _shown(rule))


@control("EC2.172")
def vpc_blocks_public_access(estate: Estate) -> Iterator[Finding]:
    yield from exists(estate.of("EC2::VPCBlockPublicAccessOptions"), "VPC block public access options")


@control("vpc:sg-egress")
def egress_limited(estate: Estate) -> Iterator[Finding]:
    for group in estate.of("EC2::SecurityGroup"):
        yield expect(group, "SecurityGroupEgress")
    for holder, rule in _rules(estate, "Egress"):
        yield state(holder, not _from_anywhere(rule), _shown(rule))


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


@control("vpc:sg-description")
def groups_described(estate: Estate) -> Iterator[Finding]:
    for group in estate.of("EC2::SecurityGroup"):
        yield expect(group, "GroupDescription")
    for kind in ("Ingress", "Egress"):
        yield from (state(holder, bool(rule.get("Description")), _shown(rule)) for holder, rule in _rules(estate, kind))


def service_of(endpoint: Resource) -> str:
    """`com.amazonaws.eu-west-1.ecr.api` -> `ecr.api`; `aws.sagemaker.eu-west-1.studio` -> `sagemaker.studio`."""
    parts = str(endpoint.properties["ServiceName"]).removeprefix("cn.").split(".")
    return ".".join(parts[3:]) if parts[0] == "com" else ".".join([parts[1], *parts[3:]])


def _rules(estate: Estate, direction: str) -> Iterator[tuple[Resource, dict[str, Any]]]:
    for group in estate.of("EC2::SecurityGroup"):
        yield from ((group, rule) for rule in group.properties.get(f"SecurityGroup{direction}", []))
    yield from ((rule, rule.properties) for rule in estate.of(f"EC2::SecurityGroup{direction}"))


def _from_anywhere(rule: dict[str, Any]) -> bool:
    return rule.get("CidrIp") in ANYWHERE or rule.get("CidrIpv6") in ANYWHERE


def _opens(rule: dict[str, Any], ports: set[int]) -> bool:
    if str(rule["IpProtocol"]) == "-1":
        return True
    return any(int(rule["FromPort"]) <= port <= int(rule["ToPort"]) for port in ports)


def _shown(rule: dict[str, Any]) -> str:
    peer = next((str(rule[k]) for k in rule if k.startswith(("Cidr", "Source", "Destination", "Ipv6"))), "?")
    return f"{peer} {rule.get('IpProtocol', rule.get('Protocol'))} {rule.get('FromPort', '')}-{rule.get('ToPort', '')}"


def _restricts(document: dict[str, Any]) -> bool:
    allowed = [s for s in document["Statement"] if s["Effect"] == "Allow"]
    return all(s.get("Condition") or s["Resource"] != "*" for s in allowed)


def addresses(estate: Estate) -> int:
    """Usable addresses of all subnets; AWS keeps five of each."""
    return sum(ip_network(s.properties["CidrBlock"]).num_addresses - 5 for s in estate.of("EC2::Subnet"))
