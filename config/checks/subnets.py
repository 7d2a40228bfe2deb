"""Subnets: room for what is placed in them, and those of an existing VPC."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

from config import catalogue
from config.checks.machines import most_instances
from config.checks.rule import Violation, rule
from config.schema import Network, Platform

RESERVED_ADDRESSES = 5
ADDRESSES_PER_INSTANCE = 2
SUBNETS = "network.existing.subnets"


@rule(
    "SUBNET-ROOM",
    "a subnet is too small for its endpoints and instances.",
    "VPC: subnet sizing (5 reserved); SageMaker Studio administration: network management (2 per instance)",
)
def subnets_hold_what_is_placed_in_them(platform: Platform, file: Path) -> Iterator[Violation]:
    needed = addresses_needed(platform)
    enough = 32 - (needed - 1).bit_length()
    for path, value, cidr in _subnets(platform.network):
        if cidr.num_addresses < needed:
            sizes = f"a subnet needs {needed} addresses: /{enough} or larger, not /{cidr.prefixlen}"
            yield Violation(path, value, f"{sizes}; or place less in it: `models`, `endpoints`.")


def addresses_needed(platform: Platform) -> int:
    """What one subnet must hold: any zone may have to take every instance, and a blue/green update doubles a fleet."""
    made_here = not (platform.network.existing and platform.network.existing.has_endpoints)
    interfaces = len(catalogue.endpoints().services) + bool(platform.front_door.private) if made_here else 0
    hosted = sum(fleet.most for endpoint in platform.endpoints.values() for fleet in endpoint.fleets)
    instances = most_instances(platform) + 2 * hosted
    return RESERVED_ADDRESSES + interfaces + ADDRESSES_PER_INSTANCE * instances


def _subnets(network: Network) -> Iterator[tuple[str, str, IPv4Network]]:
    """Private subnets: where the file sets their size, to what, and one of them (our own are quarters of the range)."""
    if network.existing:
        for index, subnet in enumerate(network.existing.subnets):
            yield f"{SUBNETS}.{index}.cidr", str(subnet.cidr), subnet.cidr
        return
    quarter = next(network.cidr.subnets(prefixlen_diff=min(2, 32 - network.cidr.prefixlen)))
    yield "network.cidr", str(network.cidr), quarter


@rule("SUBNET-TWICE", "a subnet is named once.", "SageMaker API: VpcConfig")
def subnets_are_different(platform: Platform, file: Path) -> Iterator[Violation]:
    existing = platform.network.existing
    ids = [subnet.id for subnet in existing.subnets] if existing else []
    for index, id in enumerate(ids):
        if id in ids[:index]:
            yield Violation(f"{SUBNETS}.{index}.id", id, "remove it, or name the subnet that was meant.")


@rule(
    "EXISTING-ZONES",
    "the subnets must lie in two availability zones: subnets of one zone are lost together.",
    "Well-Architected, REL10: deploy the workload to multiple locations",
)
def subnets_span_zones(platform: Platform, file: Path) -> Iterator[Violation]:
    if platform.network.existing and len(platform.network.zones) < 2:
        yield Violation(SUBNETS, platform.network.zones, "add a private subnet of another zone.")


@rule("SUBNET-OUTSIDE", "a subnet lies inside its VPC's range.", "VPC user guide: subnet CIDR blocks")
def subnets_lie_in_the_vpc(platform: Platform, file: Path) -> Iterator[Violation]:
    existing = platform.network.existing
    for index, subnet in enumerate(existing.subnets if existing else []):
        if existing and not subnet.cidr.subnet_of(existing.cidr):
            fix = f"give the range that holds it as `cidr` (now {existing.cidr}), or correct the subnet's."
            yield Violation(f"{SUBNETS}.{index}.cidr", str(subnet.cidr), fix)


@rule("SUBNET-OVERLAP", "subnets of one VPC do not overlap.", "VPC user guide: subnet CIDR blocks")
def subnets_do_not_overlap(platform: Platform, file: Path) -> Iterator[Violation]:
    existing = platform.network.existing
    pairs = itertools.combinations(enumerate(existing.subnets if existing else []), 2)
    for (_, first), (index, second) in pairs:
        if first.id != second.id and first.cidr.overlaps(second.cidr):
            fix = f"{first.id} has {first.cidr}: correct one of the two."
            yield Violation(f"{SUBNETS}.{index}.cidr", str(second.cidr), fix)
