"""The VPC's address range."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

from config.checks.neighbours import neighbours
from config.checks.rule import Violation, rule
from config.schema import Network, Platform

PRIVATE = [IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]
DOCKER = IPv4Network("172.17.0.0/16")
EXAMPLE = IPv4Network("10.0.0.0/16")


def cidr_path(network: Network) -> str:
    """Where the VPC's range stands in the file."""
    return "network.existing.cidr" if network.existing else "network.cidr"


@rule("CIDR-SIZE", "the VPC needs /16 to /22: room for a job's interfaces in each zone.", "VPC: CIDR blocks")
def vpc_is_large_enough(platform: Platform, file: Path) -> Iterator[Violation]:
    cidr = platform.network.cidr
    if not platform.network.existing and not 16 <= cidr.prefixlen <= 22:
        yield Violation("network.cidr", str(cidr), f"use {_free(platform, file)}.")


def _free(platform: Platform, file: Path) -> IPv4Network:
    """A /16 that no rule here refuses: the one that the file's range begins in, or else the next private one."""
    taken = [DOCKER, *(other.network.cidr for other, _ in neighbours(platform, file))]
    own = IPv4Network((platform.network.cidr.network_address, 16), strict=False)
    private = [own] if any(own.subnet_of(block) for block in PRIVATE) else []
    candidates = itertools.chain(private, *(block.subnets(new_prefix=16) for block in PRIVATE))
    return next((each for each in candidates if not any(each.overlaps(other) for other in taken)), EXAMPLE)


@rule("CIDR-PRIVATE", "the VPC's range must be a private one.", "RFC 1918, RFC 6598; VPC user guide: CIDR blocks")
def vpc_range_is_private(platform: Platform, file: Path) -> Iterator[Violation]:
    cidr = platform.network.cidr
    if not any(cidr.subnet_of(block) for block in PRIVATE):
        blocks = ", ".join(map(str, PRIVATE))
        yield Violation(cidr_path(platform.network), str(cidr), f"take a range inside one of {blocks}.")


@rule(
    "CIDR-DOCKER",
    "SageMaker's notebooks use 172.17.0.0/16 themselves and could not reach these addresses.",
    "VPC user guide: VPC CIDR blocks",
)
def vpc_range_leaves_docker_alone(platform: Platform, file: Path) -> Iterator[Violation]:
    cidr = platform.network.cidr
    if cidr.overlaps(DOCKER):
        yield Violation(cidr_path(platform.network), str(cidr), "take a range outside 172.17.0.0/16.")


@rule(
    "CIDR-OVERLAP",
    "two VPCs of one account and region must not overlap: they could never be connected.",
    "VPC peering guide: limitations",
)
def vpc_range_is_this_environments_own(platform: Platform, file: Path) -> Iterator[Violation]:
    ours = platform.network
    for other, name in ((its.network, name) for its, name in neighbours(platform, file)):
        same = ours.existing and other.existing and ours.existing.vpc_id == other.existing.vpc_id
        if ours.cidr.overlaps(other.cidr) and not same:
            fix = f"{name} has {other.cidr}: take a range outside it."
            yield Violation(cidr_path(ours), str(ours.cidr), fix)
