"""The front door: who calls it and how much, from where, and under which name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

from config.checks.rule import DEVELOPMENT, Violation, rule
from config.nearest import nearest
from config.schema import Platform

# RFC 1918, and RFC 6598's, which VPCs may have too.
PRIVATE = [IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]
RESERVED_WORDS = ("amazon", "aws", "cognito")
GATEWAY = "API Gateway developer guide"
# What a client's resources are called after its own name, without hyphens.
ENDINGS = re.compile(r"(policy\d*|plan|inplan)?")


@rule("FRONT-DOOR-API-KEY", "an API key alone is no identity: it is sent in the clear, and never expires.", GATEWAY)
def only_development_is_open_to_keys_alone(platform: Platform, file: Path) -> Iterator[Violation]:
    if platform.front_door.auth == "api_key" and platform.environment not in DEVELOPMENT:
        fix = "write `auth: iam` or `auth: cognito`, with `client_keys: true` where each client has limits of its own."
        yield Violation("front_door.auth", "api_key", fix)


@rule("FRONT-DOOR-KEYS-ALREADY", "with auth: api_key every request needs a key already.", "docs/front-door.md")
def keys_are_asked_for_once(platform: Platform, file: Path) -> Iterator[Violation]:
    if platform.front_door.auth == "api_key" and platform.front_door.client_keys:
        yield Violation("front_door.client_keys", True, "remove it, or write `auth: iam` or `auth: cognito`.")


@rule("FRONT-DOOR-KEYS", "API Gateway counts a client's requests by its API key.", f"{GATEWAY}: usage plans")
def limits_of_a_client_have_a_key(platform: Platform, file: Path) -> Iterator[Violation]:
    door = platform.front_door
    for name, client in door.clients.items() if not door.has_keys else ():
        for limit in ("throttle", "quota_per_day"):
            value = getattr(client, limit)
            if value is not None:
                shown = value if isinstance(value, int) else value.model_dump()
                fix = "write `client_keys: true` under `front_door`, or remove it."
                yield Violation(f"front_door.clients.{name}.{limit}", shown, fix)


@rule("FRONT-DOOR-CLIENT-THROTTLE", "the stage throttles all callers together, and earlier.", f"{GATEWAY}: throttling")
def clients_are_throttled_below_the_stage(platform: Platform, file: Path) -> Iterator[Violation]:
    stage = platform.front_door.throttle
    for name, client in platform.front_door.clients.items():
        for limit in ("rate", "burst") if client.throttle else ():
            value, most = getattr(client.throttle, limit), getattr(stage, limit)
            if value > most:
                path = f"front_door.clients.{name}.throttle.{limit}"
                yield Violation(path, value, f"use at most {most:g}, or raise `front_door.throttle.{limit}`.")


@rule("FRONT-DOOR-GRANT", "a client is granted endpoints of this file.", "docs/front-door.md")
def granted_endpoints_exist(platform: Platform, file: Path) -> Iterator[Violation]:
    known = sorted(platform.endpoints)
    for name, client in platform.front_door.clients.items():
        for index, endpoint in enumerate(client.endpoints or []):
            if endpoint not in platform.endpoints:
                fix = f"{nearest(endpoint, known) or 'remove it. '}Endpoints here: {', '.join(known)}."
                yield Violation(f"front_door.clients.{name}.endpoints.{index}", endpoint, fix)


@rule(
    "FRONT-DOOR-PROVISIONED",
    "executions that are always started are some of those that are reserved.",
    "Lambda developer guide: provisioned concurrency",
)
def started_executions_are_reserved(platform: Platform, file: Path) -> Iterator[Violation]:
    door = platform.front_door
    if door.provisioned_concurrency and door.concurrency and door.provisioned_concurrency > door.concurrency:
        fix = f"use at most {door.concurrency}, or raise `concurrency`."
        yield Violation("front_door.provisioned_concurrency", door.provisioned_concurrency, fix)


@rule("FRONT-DOOR-PRIVATE-DOMAIN", "a name of this kind leads to a regional API only.", f"{GATEWAY}: custom domains")
def private_apis_keep_their_address(platform: Platform, file: Path) -> Iterator[Violation]:
    door = platform.front_door
    if door.private and door.domain:
        yield Violation("front_door.domain.name", door.domain.name, "remove `domain`, or `private`.")


@rule(
    "FRONT-DOOR-PRIVATE-ENDPOINT",
    "where a VPC brings its endpoints, the one to the API is among them; else it is made.",
    f"{GATEWAY}: private REST APIs",
)
def private_apis_have_one_endpoint(platform: Platform, file: Path) -> Iterator[Violation]:
    private, existing = platform.front_door.private, platform.network.existing
    if private is None:
        return
    brought, path = bool(existing and existing.has_endpoints), "front_door.private.endpoint_id"
    if brought and private.endpoint_id is None:
        yield Violation(path, None, "name the VPC's endpoint for execute-api: `endpoint_id: vpce-...`.")
    if not brought and private.endpoint_id is not None:
        yield Violation(path, private.endpoint_id, "remove it: the platform makes one in this VPC.")


@rule(
    "FRONT-DOOR-CALLERS-OWNER",
    "the security groups of an endpoint that exists are its owner's: this would change nothing there.",
    "VPC PrivateLink guide: security groups",
)
def callers_are_admitted_by_the_endpoints_owner(platform: Platform, file: Path) -> Iterator[Violation]:
    private, existing = platform.front_door.private, platform.network.existing
    if private and private.callers and existing and existing.has_endpoints:
        fix = "remove it, and admit these ranges in the security group of that endpoint."
        yield Violation("front_door.private.callers", [str(each) for each in private.callers], fix)


@rule("FRONT-DOOR-CALLERS", "callers of a private API come from private addresses.", "RFC 1918, RFC 6598")
def callers_have_private_addresses(platform: Platform, file: Path) -> Iterator[Violation]:
    private = platform.front_door.private
    for index, each in enumerate(private.callers if private else []):
        if not any(each.subnet_of(range) for range in PRIVATE):
            fix = "write the ranges of the callers' networks, such as 10.60.0.0/16."
            yield Violation(f"front_door.private.callers.{index}", str(each), fix)


@rule(
    "FRONT-DOOR-TRUSTSTORE",
    "the perimeter keeps API Gateway out of the platform's own buckets.",
    f"{GATEWAY}: mutual TLS; docs/adr/0009-the-perimeter-denies-data-actions.md",
)
def truststores_lie_outside(platform: Platform, file: Path) -> Iterator[Violation]:
    domain = platform.front_door.domain
    if domain and domain.truststore and domain.truststore.uri.startswith(f"s3://{platform.name()}-"):
        fix = "put the file into a bucket of the organisation's, in this region and with versions."
        yield Violation("front_door.domain.truststore.uri", domain.truststore.uri, fix)


@rule("FRONT-DOOR-POOL-NAME", "Cognito keeps these words for itself.", "Cognito developer guide: user pool domains")
def user_pools_can_have_the_platforms_name(platform: Platform, file: Path) -> Iterator[Violation]:
    if platform.front_door.auth == "cognito":
        for word in RESERVED_WORDS:
            if word in platform.name():
                yield Violation("prefix", platform.name(), f"use prefix and environment without {word!r}.")


@rule("FRONT-DOOR-WAF-RATE", "the firewall would block an address before the throttle does.", "docs/front-door.md")
def the_firewall_lets_the_throttle_in(platform: Platform, file: Path) -> Iterator[Violation]:
    door = platform.front_door
    if door.waf and door.waf.rate_limit and door.waf.rate_limit < door.least_rate_limit:
        fix = f"use at least {door.least_rate_limit} (300 x `throttle.rate`), or remove it."
        yield Violation("front_door.waf.rate_limit", door.waf.rate_limit, fix)


@rule("FRONT-DOOR-CLIENT-NAMES", "resources of two clients would have the same name.", "docs/front-door.md")
def clients_are_told_apart_without_hyphens(platform: Platform, file: Path) -> Iterator[Violation]:
    plain = {client: client.replace("-", "") for client in platform.front_door.clients}
    for client, its in plain.items():
        for other, name in plain.items():
            if other != client and its.startswith(name) and ENDINGS.fullmatch(its.removeprefix(name)):
                yield Violation(f"front_door.clients.{client}", client, f"use a name that is less like {other!r}.")
                break
