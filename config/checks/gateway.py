"""Private endpoints of an existing VPC, and the buckets of others behind the one to S3."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from config.checks.rule import Violation, rule
from config.schema import Platform

BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]")
ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}")
RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


@rule("BUCKET-NAME", "S3 has no bucket of such a name.", "S3 user guide: general purpose bucket naming rules")
def foreign_buckets_have_possible_names(platform: Platform, file: Path) -> Iterator[Violation]:
    for index, name in enumerate(platform.network.s3_read_buckets):
        reserved = name.startswith(RESERVED_STARTS) or name.endswith(RESERVED_ENDS)
        if reserved or ADDRESS.fullmatch(name) or not BUCKET.fullmatch(name):
            fix = f"name the bucket alone, such as jumpstart-cache-prod-{platform.region}: no ARN, path or wildcard."
            yield Violation(f"network.s3_read_buckets.{index}", name, fix)


@rule(
    "S3-READ-EXISTING",
    "the policy of an S3 endpoint that exists is its owner's: this would change nothing there.",
    "VPC PrivateLink guide: endpoint policies",
)
def foreign_buckets_are_allowed_by_the_endpoints_owner(platform: Platform, file: Path) -> Iterator[Violation]:
    existing, buckets = platform.network.existing, platform.network.s3_read_buckets
    if existing and existing.s3_endpoint_id and buckets:
        fix = f"remove it, and allow these buckets in the policy of {existing.s3_endpoint_id}."
        yield Violation("network.s3_read_buckets", buckets, fix)


@rule(
    "EXISTING-ENDPOINTS",
    "a VPC brings all its endpoints or none.",
    "docs/configuration.md",
)
def endpoints_exist_or_are_made(platform: Platform, file: Path) -> Iterator[Violation]:
    existing = platform.network.existing
    given = (existing.s3_endpoint_id, existing.endpoints_security_group_id) if existing else (None, None)
    if (given[0] is None) != (given[1] is None):
        missing = "s3_endpoint_id" if given[0] is None else "endpoints_security_group_id"
        fix = f"add `{missing}`, or remove the other one so that all endpoints are made."
        yield Violation(f"network.existing.{missing}", None, fix)


@rule(
    "EXISTING-ROUTES",
    "the S3 endpoint that is made needs the subnets' route tables.",
    "VPC user guide: gateway endpoints",
)
def route_tables_are_known(platform: Platform, file: Path) -> Iterator[Violation]:
    existing = platform.network.existing
    if existing and not existing.s3_endpoint_id and not existing.route_table_ids:
        yield Violation("network.existing.route_table_ids", [], "name the route tables of the subnets.")


@rule(
    "EXISTING-ROUTES-UNUSED",
    "an S3 endpoint that exists has its route tables already: these would be ignored.",
    "VPC user guide: gateway endpoints",
)
def route_tables_are_used(platform: Platform, file: Path) -> Iterator[Violation]:
    existing = platform.network.existing
    if existing and existing.s3_endpoint_id and existing.route_table_ids:
        fix = f"remove it: the owner of {existing.s3_endpoint_id} adds the subnets' route tables to it."
        yield Violation("network.existing.route_table_ids", existing.route_table_ids, fix)
