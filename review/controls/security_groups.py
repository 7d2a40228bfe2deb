"""Security groups and network ACLs. Source: Security Hub, EC2 controls; Well-Architected, security pillar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from review.controls.estate import Estate
from review.controls.findings import Finding, expect, state
from review.controls.network import ANYWHERE
from review.controls.registry import control
from review.iam.template import Resource

# EC2.19: ports that must never be open to everyone.
HIGH_RISK = {20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500, 5601}
HIGH_RISK |= {8080, 8088, 8888, 9200, 9300}
ADMIN = {22, 3389}


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


@control("vpc:sg-egress")
def egress_limited(estate: Estate) -> Iterator[Finding]:
    for group in estate.of("EC2::SecurityGroup"):
        yield expect(group, "SecurityGroupEgress")
    for holder, rule in _rules(estate, "Egress"):
        yield state(holder, not _from_anywhere(rule), _shown(rule))


@control("vpc:sg-description")
def groups_described(estate: Estate) -> Iterator[Finding]:
    for group in estate.of("EC2::SecurityGroup"):
        yield expect(group, "GroupDescription")
    for kind in ("Ingress", "Egress"):
        yield from (state(holder, bool(rule.get("Description")), _shown(rule)) for holder, rule in _rules(estate, kind))


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
