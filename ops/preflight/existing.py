"""Keys, trail, boundary and identity provider that an organisation brings: as strict as those the platform makes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from config import Platform
from config.schema import Trail
from ops.preflight.cloud import Cloud
from ops.preflight.row import Answer, Check, bad, good


def checks(platform: Platform) -> Iterator[Check]:
    """One for each thing that the configuration names; none for what the platform makes itself."""
    for name, arn in platform.keys:
        if arn:
            ask = partial(_key, arn=arn)
            yield Check(f"key {name}", "customer, symmetric, rotated", f"keys.{name}", arn, "KEY-USABLE", ask)
    trail = platform.audit.trail
    if trail:
        needed = "logging, all regions, encrypted, validated"
        yield Check("trail", needed, "audit.trail.arn", trail.arn, "TRAIL-USABLE", partial(_trail, trail=trail))
        if trail.log_group:
            path, ask = "audit.trail.log_group", partial(_log_group, name=trail.log_group)
            yield Check("trail's log group", "exists", path, trail.log_group, "TRAIL-LOG-GROUP", ask)
    boundary = platform.identity.permissions_boundary
    if boundary:
        path, ask = "identity.permissions_boundary", partial(_policy, arn=boundary)
        yield Check("permissions boundary", "exists", path, boundary, "BOUNDARY-EXISTS", ask)
    ci = platform.identity.ci
    if ci and ci.provider_arn:
        ask = partial(_provider, arn=ci.provider_arn, host=ci.provider, audience=ci.audience)
        path, needed = "identity.ci.provider_arn", f"{ci.provider} for {ci.audience}"
        yield Check("identity provider", needed, path, ci.provider_arn, "PROVIDER-EXISTS", ask)


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
    # Whoever deploys must be able to see what the key lets in: an unreadable policy becomes a warning.
    cloud.ask("kms", "get_key_policy", KeyId=arn, PolicyName="default")
    return good("rotated, policy readable")


def _trail(cloud: Cloud, trail: Trail) -> Answer:
    found = cloud.find("cloudtrail", "get_trail", Name=trail.arn)
    if not found:
        return bad("absent", "there is no such trail.", "correct the ARN.")
    its = found["Trail"]
    status = cloud.ask("cloudtrail", "get_trail_status", Name=trail.arn)
    wanted = {
        "logging": status["IsLogging"],
        "multi-region": its.get("IsMultiRegionTrail"),
        "encrypted by a customer key": its.get("KmsKeyId"),
        "log-file validation": its.get("LogFileValidationEnabled"),
    }
    lacking = [name for name, there in wanted.items() if not there]
    if lacking:
        fix = "turn it on in the trail, or remove `audit.trail` so that the platform makes its own."
        return bad(f"without {', '.join(lacking)}", "the trail is weaker than the platform's own.", fix)
    return good("as needed")


def _log_group(cloud: Cloud, name: str) -> Answer:
    groups = cloud.all("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    if not any(group["logGroupName"] == name for group in groups):
        return bad("absent", "the metric filters have no such log group.", "correct the name, or remove it.")
    return good("exists")


def _policy(cloud: Cloud, arn: str) -> Answer:
    if not cloud.find("iam", "get_policy", PolicyArn=arn):
        return bad("absent", "no role can be made without it.", "correct the ARN, or make the policy.")
    return good("exists")


def _provider(cloud: Cloud, arn: str, host: str, audience: str) -> Answer:
    found = cloud.find("iam", "get_open_id_connect_provider", OpenIDConnectProviderArn=arn)
    if not found:
        return bad("absent", "the account has no such provider.", "correct the ARN, or remove it to have one made.")
    if found["Url"].removeprefix("https://") != host:
        return bad(found["Url"], f"it is not the provider {host}.", "correct `provider` or `provider_arn`.")
    if audience not in found["ClientIDList"]:
        return bad(
            ", ".join(found["ClientIDList"]), "it does not know the audience.", f"add {audience} to the provider."
        )
    return good("exists")
