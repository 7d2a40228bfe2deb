"""ARNs of what exists already: the right kind of thing, of this account, region and partition, and exactly one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.arn import Arn
from config.checks.rule import Violation, rule
from config.checks.sources import containers
from config.schema import Platform

ARNS = "IAM user guide: Amazon Resource Names"
NOUNS = {
    "key": "a KMS key",
    "policy": "an IAM policy",
    "role": "an IAM role",
    "oidc-provider": "an IAM OIDC provider",
    "trail": "a CloudTrail trail",
    "model-package": "a version of a model package",
    "certificate": "an ACM certificate",
}
KEY_ID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}|mrk-[0-9a-f]{32}")
A_KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"


@dataclass(frozen=True)
class Named:
    """One ARN of the file: where it stands, and what it must name. `account` and `region`: None for any."""

    path: str
    arn: Arn
    service: str
    kind: str
    account: str | None
    region: str | None

    def example(self, partition: str) -> str:
        """An ARN that would do."""
        region = "<region>" if self.region is None else self.region
        name = A_KEY_ID if self.kind == "key" else "<name>"
        return f"arn:{partition}:{self.service}:{region}:{self.account or '<account>'}:{self.kind}/{name}"


def named(platform: Platform) -> Iterator[Named]:
    """Every ARN of the file."""
    identity, account = platform.identity, platform.account
    for name, key in platform.keys:
        if key:
            yield Named(f"keys.{name}", Arn.parse(key), "kms", "key", account, platform.region)
    if identity.permissions_boundary:
        boundary = Arn.parse(identity.permissions_boundary)
        yield Named("identity.permissions_boundary", boundary, "iam", "policy", account, "")
    for index, glass in enumerate(identity.break_glass_roles):
        yield Named(f"identity.break_glass_roles.{index}", Arn.parse(glass), "iam", "role", account, "")
    if identity.ci and identity.ci.provider_arn:
        provider = Arn.parse(identity.ci.provider_arn)
        yield Named("identity.ci.provider_arn", provider, "iam", "oidc-provider", account, "")
    yield from _front_door(platform)
    yield from _packages(platform)
    if platform.audit.trail:
        # An organisation's trail belongs to its management account, and to the region where it was made.
        yield Named("audit.trail.arn", Arn.parse(platform.audit.trail.arn), "cloudtrail", "trail", None, None)


def _front_door(platform: Platform) -> Iterator[Named]:
    door = platform.front_door
    if door.api_logging_role:
        role = Arn.parse(door.api_logging_role)
        yield Named("front_door.api_logging_role", role, "iam", "role", platform.account, "")
    if door.domain:
        arn, path = Arn.parse(door.domain.certificate_arn), "front_door.domain.certificate_arn"
        yield Named(path, arn, "acm", "certificate", platform.account, platform.region)


def _packages(platform: Platform) -> Iterator[Named]:
    for path, container in containers(platform):
        if container.package:
            arn = Arn.parse(container.package)
            yield Named(f"{path}.package", arn, "sagemaker", "model-package", platform.account, platform.region)


@rule("ARN-KIND", "the ARN names another kind of thing.", ARNS)
def arns_name_the_right_kind(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in named(platform):
        if (each.arn.service, each.arn.kind) != (each.service, each.kind) or not each.arn.name:
            fix = f"write the ARN of {NOUNS[each.kind]}: {each.example(platform.partition)}."
            yield Violation(each.path, str(each.arn), fix)


@rule("KEY-ID", "a key's ARN ends in its key id.", "KMS developer guide: key identifiers")
def keys_are_named_by_their_id(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in named(platform):
        name = each.arn.name if (each.kind, each.arn.kind) == ("key", "key") else ""
        if name and not KEY_ID.fullmatch(name):
            fix = f"write the ARN that `aws kms describe-key` says: {each.example(platform.partition)}, or .../mrk-...."
            yield Violation(each.path, str(each.arn), fix)


@rule("ARN-PLACE", "the ARN names something of another partition, region or account.", ARNS)
def arns_are_of_this_place(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in named(platform):
        wanted = {"partition": platform.partition, "region": each.region, "account": each.account}
        wrong = {part: value for part, value in wanted.items() if value not in (None, getattr(each.arn, part))}
        if wrong:
            parts = ", ".join(f"{part} {getattr(each.arn, part)!r} must be {value!r}" for part, value in wrong.items())
            yield Violation(each.path, str(each.arn), f"{parts}: {each.example(platform.partition)}.")


@rule("ARN-EXACT", "a wildcard would name things that do not exist yet.", "IAM best practices: least privilege")
def arns_name_one_thing(platform: Platform, file: Path) -> Iterator[Violation]:
    for each in named(platform):
        if set("*?") & set(str(each.arn)):
            yield Violation(each.path, str(each.arn), "write out each ARN.")


@rule("KEYS-APART", "who may decrypt one class of data could decrypt another.", "docs/configuration.md")
def keys_are_apart(platform: Platform, file: Path) -> Iterator[Violation]:
    first: dict[str, str] = {}
    for name, key in platform.keys:
        if key and first.setdefault(key, name) != name:
            yield Violation(f"keys.{name}", key, f"name another key: this one is `keys.{first[key]}`.")


@rule("CI-PROVIDER", "the provider's ARN names another host.", "IAM API: CreateOpenIDConnectProvider")
def ci_provider_is_the_hosts(platform: Platform, file: Path) -> Iterator[Violation]:
    ci = platform.identity.ci
    if ci and ci.provider_arn and Arn.parse(ci.provider_arn).name != ci.provider:
        expected = f"arn:{platform.partition}:iam::{platform.account}:oidc-provider/{ci.provider}"
        yield Violation("identity.ci.provider_arn", ci.provider_arn, f"write {expected}, or correct `provider`.")


@rule("CI-SUBJECT", "any workflow that matches the wildcard could deploy.", "IAM user guide: OIDC federation")
def ci_subject_is_exact(platform: Platform, file: Path) -> Iterator[Violation]:
    ci = platform.identity.ci
    if ci and set("*?") & set(ci.subject):
        fix = f"write the exact subject, such as repo:org/repo:environment:{platform.environment}."
        yield Violation("identity.ci.subject", ci.subject, fix)


@rule(
    "TRAIL-LOG-GROUP",
    "a trail of another account or region delivers to a log group that is not here.",
    "CloudTrail user guide: sending events to CloudWatch Logs",
)
def trail_delivers_here(platform: Platform, file: Path) -> Iterator[Violation]:
    trail = platform.audit.trail
    if trail is None or trail.log_group is None:
        return
    arn = Arn.parse(trail.arn)
    if (arn.account, arn.region) != (platform.account, platform.region):
        fix = f"remove it: metric filters belong beside the trail, in {arn.account}, {arn.region}."
        yield Violation("audit.trail.log_group", trail.log_group, fix)
