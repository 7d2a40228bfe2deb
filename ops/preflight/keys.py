"""Keys that an organisation brings: as strict as those the platform makes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from config import Platform
from ops.checks.cloud import Cloud
from ops.checks.row import Answer, Check, bad, good

LOGS = "logs.{region}.amazonaws.com"
# Class -> the services that its policy must name: docs/audit.md.
SERVICES = {
    "logs": [LOGS],
    "trail": ["cloudtrail.amazonaws.com", LOGS],
    "notifications": ["cloudwatch.amazonaws.com", "events.amazonaws.com", "sns.amazonaws.com"],
}


def checks(platform: Platform) -> Iterator[Check]:
    """Two for each key that the configuration names; none for those that the platform makes."""
    for name, arn in platform.keys:
        if not arn:
            continue
        path, ask = f"keys.{name}", partial(_key, arn=arn)
        yield Check(f"key {name}", "customer, symmetric, rotated", path, arn, "KEY-USABLE", ask)
        # With an organisation's trail nothing is encrypted by the trail's key.
        unused = name == "trail" and platform.audit.trail
        services = [] if unused else [its.format(region=platform.region) for its in SERVICES.get(name, [])]
        asked = partial(_policy, arn=arn, services=services)
        yield Check(f"policy of key {name}", ", ".join(services) or "readable", path, arn, "KEY-SERVICES", asked)


def _key(cloud: Cloud, arn: str) -> Answer:
    described = cloud.find("kms", "describe_key", KeyId=arn)
    if not described:
        return bad("absent", "the account has no such key in this region.", "correct the ARN.")
    key = described["KeyMetadata"]
    wanted = {
        "KeyManager": "CUSTOMER",
        "KeyState": "Enabled",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT",
    }
    differing = [f"{name} {key[name]}" for name, value in wanted.items() if key[name] != value]
    if differing:
        fix = "name an enabled, symmetric customer key for encryption."
        return bad(", ".join(differing), "the platform cannot encrypt with it.", fix)
    if not cloud.ask("kms", "get_key_rotation_status", KeyId=arn)["KeyRotationEnabled"]:
        return bad("not rotated", "the key is not rotated.", f"aws kms enable-key-rotation --key-id {arn}")
    return good("rotated")


def _policy(cloud: Cloud, arn: str, services: list[str]) -> Answer:
    """Whoever deploys must be able to see what the key lets in. Conditions are not judged, only who is named."""
    text = cloud.ask("kms", "get_key_policy", KeyId=arn, PolicyName="default")["Policy"]
    named = allowed_services(json.loads(text))
    lacking = [service for service in services if not named & {service, "*"}]
    if lacking:
        message = "the policy does not name these: what they encrypt cannot be made, or is lost without a sign."
        return bad(f"without {', '.join(lacking)}", message, "add the statements of docs/audit.md to the key's policy.")
    return good("named" if services else "readable")


def allowed_services(policy: dict[str, Any]) -> set[str]:
    """The services that a resource's policy, or a role's trust, lets in; `*` for everybody."""
    statements = [its for its in _several(policy.get("Statement", [])) if its["Effect"] == "Allow"]
    return {service for its in statements for service in _services(its.get("Principal", {}))}


def _services(principal: Any) -> list[str]:
    if principal == "*" or "*" in _several(principal.get("AWS", [])):
        return ["*"]
    return _several(principal.get("Service", []))


def _several(value: Any) -> list[Any]:
    """A policy may write one element without its list."""
    return value if isinstance(value, list) else [value]
