"""The organisation's tags: AWS refuses some, and the platform's own are not theirs to set."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from config.checks.rule import Violation, rule
from config.schema import Platform

OWN = ("platform", "environment", "project")
MOST = 50 - len(OWN)
TAGGING = "Tagging AWS resources: tag naming limits"
# Letters, digits, spaces and these: what every service allows.
TEXT = re.compile(r"[\w .:/=+\-@]*")


@rule("TAG-RESERVED", "tags that start with aws: are AWS's.", TAGGING)
def tags_leave_aws_alone(platform: Platform, file: Path) -> Iterator[Violation]:
    for key in platform.tags:
        if key.lower().startswith("aws:"):
            yield Violation(f"tags.{key}", key, "choose another key.")


@rule("TAG-OWN", "the platform sets this tag itself.", "docs/configuration.md")
def tags_leave_ours_alone(platform: Platform, file: Path) -> Iterator[Violation]:
    for key in platform.tags:
        if key.lower() in OWN:
            yield Violation(f"tags.{key}", key, "remove it, or choose another key: IAM's keys ignore case.")


@rule("TAG-CASE", "two tags differ in case alone: IAM takes them for one.", "IAM user guide: tagging, case sensitivity")
def tags_differ_beyond_case(platform: Platform, file: Path) -> Iterator[Violation]:
    counts = Counter(key.lower() for key in platform.tags)
    for key in platform.tags:
        if counts[key.lower()] > 1:
            yield Violation(f"tags.{key}", key, "keep one of them.")


@rule("TAG-COUNT", f"a resource has at most 50 tags, {len(OWN)} of them ours.", TAGGING)
def tags_are_few_enough(platform: Platform, file: Path) -> Iterator[Violation]:
    if len(platform.tags) > MOST:
        yield Violation("tags", len(platform.tags), f"give at most {MOST}.")


@rule("TAG-FORM", "a key has 1 to 128 characters, a value at most 256: letters, digits, space and _.:/=+-@.", TAGGING)
def tags_are_well_formed(platform: Platform, file: Path) -> Iterator[Violation]:
    for key, value in platform.tags.items():
        if not (1 <= len(key) <= 128 and TEXT.fullmatch(key)):
            yield Violation(f"tags.{key}", key, "shorten or correct the key.")
        if not (len(value) <= 256 and TEXT.fullmatch(value)):
            yield Violation(f"tags.{key}", value, "shorten or correct the value.")
