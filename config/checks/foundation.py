"""What is kept, who is asked and who is told: weaker only where people develop."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from config.checks.neighbours import neighbours
from config.checks.rule import DEVELOPMENT, Violation, rule
from config.schema import Platform

LOG_RETENTION_DAYS = (365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
LONGEST_PATH = 512
LONGEST_KIND = "data-scientist"
EMAIL = re.compile(r"[^@\s,;<>]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


@rule("ENVIRONMENT-FILE", "the environment's name must be the file's name.", "config/environments")
def environment_is_the_file_name(platform: Platform, file: Path) -> Iterator[Violation]:
    if platform.environment != file.stem:
        yield Violation("environment", platform.environment, f"write `environment: {file.stem}` or rename the file.")


@rule("RETAIN-DATA", "only local and dev may lose their data with their stacks.", "CloudFormation: DeletionPolicy")
def data_is_retained_where_it_matters(platform: Platform, file: Path) -> Iterator[Violation]:
    if not platform.retain_data and platform.environment not in DEVELOPMENT:
        yield Violation("retain_data", False, "write `retain_data: true`.")


@rule("OBJECT-LOCK-RETAIN", "a locked bucket cannot be emptied with its stack.", "S3 user guide: Object Lock")
def locked_data_is_retained(platform: Platform, file: Path) -> Iterator[Violation]:
    if platform.data.object_lock_days is not None and not platform.retain_data:
        fix = "write `retain_data: true`, or remove the lock."
        yield Violation("data.object_lock_days", platform.data.object_lock_days, fix)


@rule("MFA-REQUIRED", "only local and dev may do without a second factor.", "IAM best practices: require MFA")
def personas_show_a_second_factor(platform: Platform, file: Path) -> Iterator[Violation]:
    if not platform.identity.require_mfa and platform.environment not in DEVELOPMENT:
        yield Violation("identity.require_mfa", False, "write `require_mfa: true`.")


@rule("WAF-ON", "only local and dev may show their API without a web ACL.", "Security Hub: APIGateway.4")
def api_has_a_web_acl(platform: Platform, file: Path) -> Iterator[Violation]:
    if not platform.front_door.waf and platform.environment not in DEVELOPMENT:
        yield Violation("front_door.waf", False, "write `waf: true`.")


@rule("LOG-RETENTION", "CloudWatch Logs keeps for certain numbers of days only.", "Logs API: PutRetentionPolicy")
def logs_are_kept_as_long_as_logs_can(platform: Platform, file: Path) -> Iterator[Violation]:
    days = platform.audit.log_retention_days
    if days not in LOG_RETENTION_DAYS:
        allowed = ", ".join(map(str, LOG_RETENTION_DAYS))
        yield Violation("audit.log_retention_days", days, f"use one of: {allowed}.")


@rule("EMAIL-FORM", "this is no address that a confirmation could reach.", "SNS: email notifications")
def emails_are_addresses(platform: Platform, file: Path) -> Iterator[Violation]:
    for index, email in enumerate(platform.audit.emails):
        if not EMAIL.fullmatch(email):
            yield Violation(f"audit.emails.{index}", email, "write the bare address: name@example.com.")


@rule("ROLE-PATH", "an IAM path has at most 512 characters, the platform's part included.", "IAM API: CreateRole")
def role_path_fits(platform: Platform, file: Path) -> Iterator[Violation]:
    if len(f"{platform.role_path}{LONGEST_KIND}/") > LONGEST_PATH:
        longest = LONGEST_PATH - len(f"{platform.prefix}/{platform.environment}/{LONGEST_KIND}/")
        yield Violation("identity.role_path", platform.identity.role_path, f"use at most {longest} characters.")


@rule(
    "QUALIFIER-OWN",
    "the CDK's roles of one qualifier have the limits of one environment.",
    "docs/adr/0011-limits-are-deployed-apart.md",
)
def bootstrap_is_this_environments_own(platform: Platform, file: Path) -> Iterator[Violation]:
    qualifier = platform.identity.bootstrap_qualifier
    others = list(neighbours(platform, file))
    for other, name in others:
        if other.identity.bootstrap_qualifier == qualifier:
            free = _free(platform.environment, {each.identity.bootstrap_qualifier for each, _ in others})
            fix = f"{name} of the same account and region has it: use another, such as {free}."
            yield Violation("identity.bootstrap_qualifier", qualifier, fix)


def _free(environment: str, taken: set[str]) -> str:
    """A qualifier of the environment's name (lower case and digits, at most 10) that no neighbour has."""
    name = environment.replace("-", "")
    numbered = (f"{name[: 10 - len(str(number))]}{number}" for number in itertools.count(2))
    return next(each for each in itertools.chain([name[:10]], numbered) if each not in taken)


@rule(
    "BOUNDARY-OUTSIDE",
    "a deployment may change the policies below the roles' path, and must not change what limits it.",
    "docs/adr/0011-limits-are-deployed-apart.md",
)
def boundary_lies_outside_the_roles_path(platform: Platform, file: Path) -> Iterator[Violation]:
    boundary = platform.identity.permissions_boundary
    if boundary and f":policy{platform.role_path}" in boundary:
        yield Violation("identity.permissions_boundary", boundary, f"keep it outside of {platform.role_path}.")
