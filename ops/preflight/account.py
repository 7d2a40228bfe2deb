"""The account itself: whose credentials these are, its region, its zones, and what it must bring to the platform."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from config import Platform
from ops.checks.cloud import Cloud, UnansweredError
from ops.checks.row import Answer, Check, bad, doubtful, good
from ops.session import sign_in

USABLE = ("opt-in-not-required", "opted-in")
SCALING_ROLE = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
SCALING_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
# An account may reserve all its concurrency but 100. Lambda developer guide: configuring reserved concurrency.
UNRESERVED = 100
# Partition -> a region that is on in every account, and so can be asked about the others.
ALWAYS_ON = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


def checks(platform: Platform) -> Iterator[Check]:
    """Credentials, region, zones, the scaling role, Lambda's concurrency."""
    account, region, zones = platform.account, platform.region, platform.network.zones
    there = ALWAYS_ON[platform.partition]
    who = partial(_account, account=account, there=there)
    yield Check("credentials", f"account {account}", "account", account, "ACCOUNT", who)
    status = partial(_region, region=region, there=there)
    yield Check("region", "enabled", "region", region, "REGION-ENABLED", status)
    where = "existing.subnets" if platform.network.existing else "availability_zones"
    for zone in zones:
        yield Check(f"zone {zone}", "available", f"network.{where}", zone, "ZONE-AVAILABLE", partial(_zone, name=zone))
    yield Check("scaling role", SCALING_ROLE, "endpoints", sorted(platform.endpoints), "SCALING-ROLE", _scaling_role)
    reserved = platform.front_door.concurrency
    needed = f"{UNRESERVED} left unreserved" if reserved else "any"
    ask = partial(_concurrency, reserved=reserved or 0)
    yield Check("Lambda concurrency", needed, "front_door.concurrency", reserved, "LAMBDA-CONCURRENCY", ask)


def _account(cloud: Cloud, account: str, there: str) -> Answer:
    """Nobody can be denied this question: without an answer there are no valid credentials."""
    try:
        who = cloud.ask("sts", "get_caller_identity", region=there)
    except UnansweredError as error:
        return bad("not signed in", f"{error}.", sign_in(account))
    if who["Account"] != account:
        return bad(who["Account"], "the credentials are of another account.", sign_in(account))
    return good(who["Arn"])


def _region(cloud: Cloud, region: str, there: str) -> Answer:
    """A region that is not enabled refuses every call, this one as well."""
    found = cloud.find("ec2", "describe_regions", region=there, RegionNames=[region], AllRegions=True)
    status = found["Regions"][0]["OptInStatus"] if found and found["Regions"] else "unknown"
    if status not in USABLE:
        return bad(status, "the account has not enabled this region.", "enable it in the account's settings.")
    return good("enabled")


def _zone(cloud: Cloud, name: str) -> Answer:
    zones = cloud.ask("ec2", "describe_availability_zones", AllAvailabilityZones=True)["AvailabilityZones"]
    known = sorted(zone["ZoneName"] for zone in zones if zone.get("ZoneType", "availability-zone") != "local-zone")
    state = next((zone["State"] for zone in zones if zone["ZoneName"] == name), "absent")
    if state != "available":
        return bad(state, "this account has no such zone to use.", f"use some of: {', '.join(known)}.")
    return good(state)


def _scaling_role(cloud: Cloud) -> Answer:
    if cloud.find("iam", "get_role", RoleName=SCALING_ROLE):
        return good("exists")
    message = "it is made by the first release, which may be forbidden by a service control policy."
    fix = f"make it beforehand: aws iam create-service-linked-role --aws-service-name {SCALING_SERVICE}"
    return doubtful("absent", message, fix)


def _concurrency(cloud: Cloud, reserved: int) -> Answer:
    limits = cloud.ask("lambda", "get_account_settings")["AccountLimit"]
    free, total = limits["UnreservedConcurrentExecutions"], limits["ConcurrentExecutions"]
    found = f"{free:g} unreserved of {total:g}"
    if not reserved or free - reserved >= UNRESERVED:
        return good(found)
    message = f"reserving {reserved} would leave {free - reserved:g}; Lambda keeps {UNRESERVED} unreserved."
    fix = "ask AWS for a higher quota (Lambda, Concurrent executions), or remove `front_door.concurrency`."
    # What the function has reserved already is no longer among the unreserved.
    return doubtful(found, message, fix) if cloud.deployed("front-door") else bad(found, message, fix)
