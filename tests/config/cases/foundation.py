"""Keys, identity, data, audit and tags."""

from __future__ import annotations

from typing import Any

from tests.config.cases.case import ACCOUNT, REGION, Case

OTHER = "999900001111"
HOST = "token.actions.githubusercontent.com"
SUBJECT = "repo:org/repo:environment:dev"


def key(partition: str = "aws", region: str = REGION, account: str = ACCOUNT, number: int = 0) -> str:
    return f"arn:{partition}:kms:{region}:{account}:key/1234abcd-12ab-34cd-56ef-{number:012x}"


def iam(resource: str, account: str = ACCOUNT, partition: str = "aws") -> str:
    return f"arn:{partition}:iam::{account}:{resource}"


def ci(subject: str = SUBJECT, **more: Any) -> dict[str, Any]:
    return {"identity.ci": {"provider": HOST, "subject": subject, **more}}


def trail(account: str, **more: Any) -> dict[str, Any]:
    return {"audit.trail": {"arn": f"arn:aws:cloudtrail:{REGION}:{account}:trail/organisation", **more}}


def tags(count: int) -> dict[str, Any]:
    return {"tags": {f"tag{n}": "x" for n in range(count)}}


ACCOUNTS = [
    Case("ACCOUNT-ID", {"account": value}, "account", value, 'account: "012345678901"', {"account": "012345678901"})
    for value in (111122223333, 12345, "11112222333", "1111-2222-3333", None, True)
]
KEY, BOUNDARY, ROLES = "keys.data", "identity.permissions_boundary", "identity.break_glass_roles"
KEYS = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/"
LOGGING = "front_door.api_logging_role"
PLACES = [
    Case("ARN-PLACE", {path: wrong}, named, value, fix, {path: right})
    for path, named, wrong, value, fix, right in [
        (KEY, KEY, key(account=OTHER), key(account=OTHER), f"account '{OTHER}' must be '{ACCOUNT}'", key()),
        (KEY, KEY, key(region="us-east-1"), key(region="us-east-1"), f"must be '{REGION}'", key()),
        (KEY, KEY, key("aws-cn"), key("aws-cn"), "partition 'aws-cn' must be 'aws'", key()),
        (BOUNDARY, BOUNDARY, iam("policy/b", OTHER), iam("policy/b", OTHER), f"'{ACCOUNT}'", iam("policy/b")),
        (BOUNDARY, BOUNDARY, iam("policy/b", "aws"), iam("policy/b", "aws"), f"'{ACCOUNT}'", iam("policy/b")),
        (ROLES, f"{ROLES}.0", [iam("role/r", OTHER)], iam("role/r", OTHER), f"'{ACCOUNT}'", [iam("role/r")]),
        (ROLES, f"{ROLES}.0", [iam("role/r", partition="aws-cn")], iam("role/r", partition="aws-cn"), "'aws'", []),
    ]
]

CASES = [
    *ACCOUNTS,
    *PLACES,
    Case(
        "ENVIRONMENT-FILE", {"environment": "prod"}, "environment", "prod", "environment: dev", {"environment": "dev"}
    ),
    Case(
        "RETAIN-DATA",
        {"retain_data": False},
        "retain_data",
        False,
        "retain_data: true",
        {"retain_data": True},
        "staging",
    ),
    Case(
        "OBJECT-LOCK-RETAIN",
        {"data.object_lock_days": 1},
        "data.object_lock_days",
        1,
        "retain_data: true",
        {"data.object_lock_days": 1, "retain_data": True},
    ),
    Case(
        "MFA-REQUIRED",
        {"identity.require_mfa": False},
        "identity.require_mfa",
        False,
        "require_mfa: true",
        environment="prod",
    ),
    Case("WAF-ON", {"front_door.waf": False}, "front_door.waf", False, "waf: true", environment="prod"),
    Case(
        "LOG-RETENTION",
        {"audit.log_retention_days": 366},
        "audit.log_retention_days",
        366,
        "365, 400",
        {"audit.log_retention_days": 400},
    ),
    Case(
        "EMAIL-FORM",
        {"audit.emails": ["a@example.com", "Bob <b@example.com>"]},
        "audit.emails.1",
        "Bob <b@example.com>",
        "bare",
        {"audit.emails": ["b.o+x@example.com"]},
    ),
    Case(
        "ROLE-PATH",
        {"identity.role_path": f"/{'p' * 485}/"},
        "identity.role_path",
        f"/{'p' * 485}/",
        "at most 486",
        {"identity.role_path": f"/{'p' * 484}/"},
    ),
    Case("ARN-FORM", {KEY: "1234abcd"}, KEY, "1234abcd", "arn:<partition>", {KEY: key()}),
    Case("ARN-KIND", {KEY: iam("role/r")}, KEY, iam("role/r"), "a KMS key", {KEY: key()}),
    Case(
        "ARN-KIND",
        {KEY: f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/mine"},
        KEY,
        f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/mine",
        "a KMS key",
        {KEY: key()},
    ),
    Case(
        "ARN-KIND",
        {BOUNDARY: iam("role/r")},
        BOUNDARY,
        iam("role/r"),
        "IAM policy",
        {BOUNDARY: iam("policy/path/b")},
    ),
    *(
        Case(rule, {LOGGING: wrong}, LOGGING, wrong, fix, {LOGGING: iam("role/path/api-logs")})
        for rule, wrong, fix in [
            ("ARN-KIND", iam("policy/api-logs"), "an IAM role"),
            ("ARN-PLACE", iam("role/api-logs", OTHER), f"'{ACCOUNT}'"),
            ("ARN-EXACT", iam("role/*"), "each ARN"),
        ]
    ),
    Case(
        "ARN-EXACT",
        {ROLES: [iam("role/ops-*")]},
        f"{ROLES}.0",
        iam("role/ops-*"),
        "each ARN",
        {ROLES: [iam("role/path/ops")]},
    ),
    Case(
        "ARN-KIND",
        {KEY: f"arn:aws:kms:{REGION}:{ACCOUNT}:key"},
        KEY,
        f"arn:aws:kms:{REGION}:{ACCOUNT}:key",
        "a KMS key",
    ),
    *(
        Case("KEY-ID", {KEY: f"{KEYS}{name}"}, KEY, f"{KEYS}{name}", "aws kms describe-key", {KEY: f"{KEYS}{right}"})
        for name, right in [("foo", f"mrk-{1:032x}"), (f"mrk-{1:031x}", "1234abcd-12ab-34cd-56ef-1234567890ab")]
    ),
    *(
        Case("LISTED-TWICE", {path: [*entries, entries[0]]}, f"{path}.2", entries[0], "remove it", {path: entries})
        for path, entries in [
            (ROLES, [iam("role/a"), iam("role/b")]),
            ("audit.emails", ["a@example.com", "b@example.com"]),
            ("network.s3_read_buckets", ["theirs", "others"]),
            ("identity.data_scientist.instance_types", ["ml.m5.large", "ml.m5.xlarge"]),
        ]
    ),
    Case(
        "LISTED-TWICE",
        {"audit.emails": ["a@example.com", "A@example.com"]},
        "audit.emails.1",
        "a@example.com",
        "remove it",
        {"audit.emails": ["a@example.com", "a@example.org"]},
    ),
    Case(
        "KEYS-APART",
        {"keys": {"data": key(), "trail": key()}},
        "keys.trail",
        key(),
        "`keys.data`",
        {"keys": {"data": key(), "trail": key(number=1)}},
    ),
    Case(
        "CI-PROVIDER",
        ci(provider_arn=iam("oidc-provider/gitlab.example.com")),
        "identity.ci.provider_arn",
        iam("oidc-provider/gitlab.example.com"),
        iam(f"oidc-provider/{HOST}"),
        ci(provider_arn=iam(f"oidc-provider/{HOST}")),
    ),
    Case("CI-SUBJECT", ci("repo:org/*"), "identity.ci.subject", "repo:org/*", "exact", ci()),
    Case(
        "TRAIL-LOG-GROUP",
        trail(OTHER, log_group="organisation-trail"),
        "audit.trail.log_group",
        "organisation-trail",
        OTHER,
        trail(ACCOUNT, log_group="organisation-trail"),
    ),
    Case(
        "ARN-KIND",
        {"audit.trail": {"arn": iam("role/r")}},
        "audit.trail.arn",
        iam("role/r"),
        "a CloudTrail trail",
        trail(OTHER),
    ),
    Case(
        "TAG-RESERVED",
        {"tags": {"AWS:owner": "x"}},
        "tags.AWS:owner",
        "AWS:owner",
        "another key",
        {"tags": {"aws-owner": "x"}},
    ),
    Case("TAG-OWN", {"tags": {"Project": "x"}}, "tags.Project", "Project", "remove it", {"tags": {"projects": "x"}}),
    Case(
        "TAG-CASE", {"tags": {"owner": "x", "Owner": "y"}}, "tags.owner", "owner", "keep one", {"tags": {"owner": "x"}}
    ),
    Case("TAG-COUNT", tags(48), "tags", 48, "at most 47", tags(47)),
    Case("TAG-FORM", {"tags": {"owner": "v" * 257}}, "tags.owner", "v" * 257, "value", {"tags": {"owner": "v" * 256}}),
    Case("TAG-FORM", {"tags": {"a;b": "x"}}, "tags.a;b", "a;b", "key", {"tags": {"a:b/c_d.e=f+g-h@i j": "ü"}}),
    Case(
        "BOUNDARY-OUTSIDE",
        {BOUNDARY: iam("policy/ashlar/dev/limits")},
        BOUNDARY,
        iam("policy/ashlar/dev/limits"),
        "outside of /ashlar/dev/",
        {BOUNDARY: iam("policy/org/limits")},
    ),
]
