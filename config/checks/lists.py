"""Lists that are sets: an entry that stands in one twice was meant to be another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config.checks.candidates import tunings
from config.checks.rule import Violation, rule
from config.schema import Platform


@rule("LISTED-TWICE", "this entry stands in the list already.", "docs/configuration.md")
def entries_are_listed_once(platform: Platform, file: Path) -> Iterator[Violation]:
    existing = platform.network.existing
    lists: dict[str, list[str]] = {
        "identity.break_glass_roles": platform.identity.break_glass_roles,
        "identity.data_scientist.instance_types": platform.identity.data_scientist.instance_types,
        "network.s3_read_buckets": platform.network.s3_read_buckets,
        "network.existing.route_table_ids": existing.route_table_ids if existing else [],
        # A mail server may tell them apart, but none does.
        "audit.emails": [email.lower() for email in platform.audit.emails],
    }
    for client, its in platform.front_door.clients.items():
        lists[f"front_door.clients.{client}.endpoints"] = list(its.endpoints or [])
    for each, tuning in tunings(platform):
        path = f"{each.path}.tuning"
        lists[f"{path}.warm_start.parents"] = tuning.warm_start.parents if tuning.warm_start else []
        lists |= {f"{path}.ranges.{name}.values": its.values or [] for name, its in tuning.ranges.items()}
    for path, entries in lists.items():
        for index, entry in enumerate(entries):
            if entry in entries[:index]:
                yield Violation(f"{path}.{index}", entry, "remove it, or write the one that was meant.")
