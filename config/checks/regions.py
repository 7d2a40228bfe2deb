"""The region: usable when every catalogue knows it. A region that none knows is one finding, not one for each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from config import catalogue
from config.checks.rule import Violation, rule
from config.nearest import nearest
from config.schema import Platform


@rule("REGION-KNOWN", "the catalogue knows no such region.", "docs/configuration.md")
def region_is_known(platform: Platform, file: Path) -> Iterator[Violation]:
    if not catalogue.knows(platform.region):
        guess = nearest(platform.region, catalogue.regions())
        yield Violation("region", platform.region, f"{guess}{_usable()} docs/configuration.md says how to add one.")


def _usable() -> str:
    return f"use one of: {', '.join(catalogue.regions())}; and name availability zones of it."


@rule("REGION-IMAGES", "the catalogue has no AWS image account for this region.", "config/catalogue/images.yaml")
def region_has_images(platform: Platform, file: Path) -> Iterator[Violation]:
    region = platform.region
    if catalogue.knows(region) and region not in catalogue.images().accounts:
        fix = f"add the account of the images in {region} (`sagemaker.core.image_uris` says it), or {_usable()}"
        yield Violation("region", region, fix)


@rule(
    "S3-ADDRESSES",
    "the id of S3's prefix list in this region is not known, so nothing could be let out to it.",
    "config/catalogue/s3_prefix_lists.yaml",
)
def addresses_of_s3_are_known(platform: Platform, file: Path) -> Iterator[Violation]:
    region = platform.region
    if catalogue.knows(region) and region not in catalogue.s3_prefix_lists():
        ask = (
            f"aws ec2 describe-managed-prefix-lists --region {region} "
            f"--filters Name=prefix-list-name,Values=com.amazonaws.{region}.s3 --query PrefixLists[].PrefixListId"
        )
        yield Violation("region", region, f"add the id to the catalogue: `{ask}` says it; or {_usable()}")


@rule(
    "ENDPOINT-REGION",
    "not every service that the platform calls is known to have a private endpoint in this region.",
    "config/catalogue/endpoints.yaml",
)
def services_have_endpoints_in_the_region(platform: Platform, file: Path) -> Iterator[Violation]:
    region = platform.region
    lacking = catalogue.endpoints().missing.get(region)
    if lacking:
        yield Violation("region", region, f"it lacks {', '.join(lacking)}: {_usable()}")
    elif lacking is None and catalogue.knows(region):
        yield Violation(
            "region",
            region,
            f"compare `aws ec2 describe-vpc-endpoint-services --region {region} --query ServiceNames` with `services` "
            f"of the catalogue and add what it lacks under `missing`: `{region}: []` if nothing; or {_usable()}",
        )


@rule("ZONES-IN-REGION", "each availability zone must lie in the region, once.", "EC2 user guide: Regions and Zones")
def zones_lie_in_the_region(platform: Platform, file: Path) -> Iterator[Violation]:
    if not catalogue.knows(platform.region):
        return
    zones = list(_zones(platform))
    for index, (path, zone) in enumerate(zones):
        twice = not platform.network.existing and zone in [other for _, other in zones[:index]]
        if twice or not re.fullmatch(f"{platform.region}[a-z]", zone):
            yield Violation(path, zone, f"name different zones such as {platform.region}a.")


def _zones(platform: Platform) -> Iterator[tuple[str, str]]:
    """Each zone with its path in the file."""
    if platform.network.existing:
        for index, subnet in enumerate(platform.network.existing.subnets):
            yield f"network.existing.subnets.{index}.availability_zone", subnet.availability_zone
        return
    for index, zone in enumerate(platform.network.availability_zones):
        yield f"network.availability_zones.{index}", zone
