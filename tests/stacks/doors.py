"""The front door with each of its options, as the configuration has it."""

from __future__ import annotations

from functools import cache
from typing import Any

from config import Platform
from tests.stacks.modes import BACKLOG, LINEAR
from tests.stacks.resources import Template
from tests.stacks.variant import changed, stacks_of

CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"
LATER = {"mode": "asynchronous", "asynchronous": {}, "variants": {"linear": {**LINEAR, "scaling": BACKLOG}}}
CLIENTS = {"shop": {"endpoints": ["reviews"], "choose_variant": True}, "desk": {}}
LIMITED = {"shop": {**CLIENTS["shop"], "throttle": {"rate": 5, "burst": 10}, "quota_per_day": 1000}, "desk": {}}
DOORS: dict[str, dict[str, Any]] = {
    "iam": {"clients": CLIENTS},
    "cognito": {"auth": "cognito", "clients": CLIENTS},
    "cognito_with_keys": {"auth": "cognito", "client_keys": True, "clients": LIMITED},
    "api_key": {"auth": "api_key", "clients": LIMITED},
    "private": {"private": {"callers": ["10.60.0.0/16"]}},
    "private_cognito": {"auth": "cognito", "private": True},
    "domain": {"domain": {"name": "api.example.com", "certificate_arn": CERTIFICATE, "hosted_zone_id": "Z0123456789"}},
    "mutual_tls": {
        "domain": {
            "name": "api.example.com",
            "certificate_arn": CERTIFICATE,
            "truststore": {"uri": "s3://example-certificates/callers.pem", "version": "1"},
        }
    },
    "provisioned": {"concurrency": 10, "provisioned_concurrency": 5},
    "small_bodies": {"waf": {"rate_limit": 20000, "body_limit_kb": 40}},
}
# All that goes together, for those who look at templates as a whole.
_TOGETHER = ("domain", "mutual_tls", "provisioned", "small_bodies", "cognito_with_keys")
EVERYTHING = {key: value for part in _TOGETHER for key, value in DOORS[part].items()}
EVERYTHING["domain"] = {**DOORS["domain"]["domain"], **DOORS["mutual_tls"]["domain"]}


def platform_of(door: str) -> Platform:
    """dev, with a second endpoint that answers later, and this front door."""
    settings = EVERYTHING if door == "everything" else DOORS[door]
    return changed("dev", {"front_door": settings, "endpoints": {"later": LATER}})


@cache
def stacks_behind(door: str, *, bootstrap: bool = False) -> dict[str, Template]:
    """Short stack name -> template."""
    return stacks_of(platform_of(door), bootstrap=bootstrap)
