"""The VPC's address range and zones, the services reached from inside it, and the buckets of others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

from config import catalogue
from config.checks.neighbours import neighbours
from config.checks.rule import Violation, rule
from config.schema import Network, Platform

PRIVATE = [IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]
DOCKER = IPv4Network("172.17.0.0/16")
BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]")
ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}")
RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def cidr_path(network: Network) -> str:
    """Where the VPC's range stands in the file."""
    return "network.existing.cidr" if network.existing else "network.cidr"


@rule("ZONES-IN-REGION", "each availability zone must lie in the region, once.", "EC2: regions and zones")
def zones_lie_in_the_region(platform: Platform, file: Path) -> Iterator[Violation]:
    zones = platform.network.zones
    path = "network.existing.subnets" if platform.network.existing else "network.availability_zones"
    for zone in zones:
        if not re.fullmatch(f"{platform.region}[a-z]", zone) or zones.count(zone) > 1:
            yield Violation(path, zone, f"name different zones such as {platform.region}a.")


@rule("CIDR-SIZE", "the VPC needs /16 to /22: room for a job's interfaces in each zone.", "VPC: CIDR blocks")
def vpc_is_large_enough(platform: Platform, file: Path) -> Iterator[Violation]:
    cidr = platform.network.cidr
    if not platform.network.existing and not 16 <= cidr.prefixlen <= 22:
        yield Violation("network.cidr", str(cidr), f"use {IPv4Network((cidr.network_address, 16), strict=False)}.")


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


@rule(
    "S3-ADDRESSES",
    "the id of S3's prefix list in this region is not known, so nothing could be let out to it.",
    "config/catalogue/s3_prefix_lists.yaml",
)
def addresses_of_s3_are_known(platform: Platform, file: Path) -> Iterator[Violation]:
    region = platform.region
    if region not in catalogue.s3_prefix_lists():
        ask = f"aws ec2 describe-managed-prefix-lists --region {region}"
        yield Violation("region", region, f"add the id of com.amazonaws.{region}.s3 to the catalogue: `{ask}` says it.")


@rule(
    "ENDPOINT-REGION",
    "not every service that the platform calls is known to have a private endpoint in this region.",
    "config/catalogue/endpoints.yaml",
)
def services_have_endpoints_in_the_region(platform: Platform, file: Path) -> Iterator[Violation]:
    region, known = platform.region, catalogue.endpoints()
    lacking = known.missing.get(region)
    if lacking is None:
        yield Violation(
            "region",
            region,
            f"compare `aws ec2 describe-vpc-endpoint-services --region {region} --query ServiceNames` with `services` "
            f"of the catalogue and add what it lacks under `missing`: `{region}: []` if nothing.",
        )
    elif lacking:
        yield Violation("region", region, f"it lacks {', '.join(lacking)}: use another region.")


@rule("BUCKET-NAME", "S3 has no bucket of such a name.", "S3 user guide: general purpose bucket naming rules")
def foreign_buckets_have_possible_names(platform: Platform, file: Path) -> Iterator[Violation]:
    for index, name in enumerate(platform.network.s3_read_buckets):
        reserved = name.startswith(RESERVED_STARTS) or name.endswith(RESERVED_ENDS)
        if reserved or ADDRESS.fullmatch(name) or not BUCKET.fullmatch(name):
            fix = f"name the bucket alone, such as jumpstart-cache-prod-{platform.region}: no ARN, path or wildcard."
            yield Violation(f"network.s3_read_buckets.{index}", name, fix)
