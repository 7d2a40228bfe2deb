"""The front door: who calls it and how much, from where, and under which name."""

from __future__ import annotations

from typing import Any

from tests.config.cases.case import ACCOUNT, REGION, Case
from tests.config.cases.network import ENDPOINTS, existing

CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"
ENDPOINT = "vpce-0a1b2c3d4e5f60718"


def clients(**shop: Any) -> dict[str, Any]:
    return {"front_door.clients": {"shop": shop}}


def named(*clients: str) -> dict[str, Any]:
    return {"front_door.clients": {client: {} for client in clients}}


def domain(**changes: Any) -> dict[str, Any]:
    return {"front_door.domain": {"name": "api.example.com", "certificate_arn": CERTIFICATE, **changes}}


def private(**settings: Any) -> dict[str, Any]:
    return {"front_door.private": settings}


def brought() -> dict[str, Any]:
    """A VPC with endpoints of its own."""
    return existing(**ENDPOINTS, route_table_ids=[])


KEYS = {"front_door.client_keys": True}
FAST, SLOW = {"rate": 51, "burst": 100}, {"rate": 50, "burst": 100}
CERTIFICATE_PATH = "front_door.domain.certificate_arn"
OTHER_REGION, OTHER_ACCOUNT = CERTIFICATE.replace(REGION, "us-east-1"), CERTIFICATE.replace(ACCOUNT, "999900001111")

CASES = [
    Case(
        "FRONT-DOOR-API-KEY",
        {"front_door.auth": "api_key"},
        "front_door.auth",
        "api_key",
        "client_keys: true",
        {"front_door.auth": "iam", **KEYS},
        "staging",
    ),
    Case(
        "FRONT-DOOR-KEYS-ALREADY",
        {"front_door.auth": "api_key", **KEYS},
        "front_door.client_keys",
        True,
        "remove it",
        {"front_door.auth": "api_key"},
    ),
    Case(
        "FRONT-DOOR-KEYS",
        clients(quota_per_day=10),
        "front_door.clients.shop.quota_per_day",
        10,
        "client_keys: true",
        {**clients(quota_per_day=10), **KEYS},
    ),
    Case(
        "FRONT-DOOR-KEYS",
        clients(throttle=SLOW),
        "front_door.clients.shop.throttle",
        SLOW,
        "client_keys: true",
        {**clients(throttle=SLOW), "front_door.auth": "api_key"},
    ),
    Case(
        "FRONT-DOOR-CLIENT-THROTTLE",
        {**clients(throttle=FAST), **KEYS},
        "front_door.clients.shop.throttle.rate",
        51,
        "at most 50",
        {**clients(throttle=SLOW), **KEYS},
    ),
    Case(
        "FRONT-DOOR-GRANT",
        clients(endpoints=["reviews", "review"]),
        "front_door.clients.shop.endpoints.1",
        "review",
        "Endpoints here: reviews",
        clients(endpoints=["reviews"]),
    ),
    Case(
        "LISTED-TWICE",
        clients(endpoints=["reviews", "reviews"]),
        "front_door.clients.shop.endpoints.1",
        "reviews",
        "remove it",
        clients(endpoints=["reviews"]),
    ),
    Case(
        "FRONT-DOOR-PROVISIONED",
        {"front_door.concurrency": 5, "front_door.provisioned_concurrency": 6},
        "front_door.provisioned_concurrency",
        6,
        "at most 5",
        {"front_door.concurrency": 6, "front_door.provisioned_concurrency": 6},
    ),
    Case(
        "FRONT-DOOR-PRIVATE-DOMAIN",
        {**domain(), **private()},
        "front_door.domain.name",
        "api.example.com",
        "remove `domain`",
        domain(),
    ),
    Case(
        "FRONT-DOOR-PRIVATE-ENDPOINT",
        private(endpoint_id=ENDPOINT),
        "front_door.private.endpoint_id",
        ENDPOINT,
        "remove it",
        private(),
    ),
    Case(
        "FRONT-DOOR-PRIVATE-ENDPOINT",
        {**brought(), **private()},
        "front_door.private.endpoint_id",
        None,
        "vpce-",
        {**brought(), **private(endpoint_id=ENDPOINT)},
    ),
    Case(
        "FRONT-DOOR-CALLERS-OWNER",
        {**brought(), **private(endpoint_id=ENDPOINT, callers=["10.70.0.0/16"])},
        "front_door.private.callers",
        ["10.70.0.0/16"],
        "security group of that endpoint",
        private(callers=["10.70.0.0/16"]),
    ),
    *(
        Case(
            "FRONT-DOOR-CALLERS",
            private(callers=["10.70.0.0/16", wrong]),
            "front_door.private.callers.1",
            wrong,
            "such as 10.60.0.0/16",
            private(callers=["10.70.0.0/16", "100.64.0.0/10"]),
        )
        for wrong in ("0.0.0.0/0", "8.8.8.0/24", "172.0.0.0/8")
    ),
    Case(
        "FRONT-DOOR-TRUSTSTORE",
        domain(truststore={"uri": "s3://ashlar-dev-data-bucket/callers.pem"}),
        "front_door.domain.truststore.uri",
        "s3://ashlar-dev-data-bucket/callers.pem",
        "bucket of the organisation's",
        domain(truststore={"uri": "s3://ashlar-certificates/callers.pem"}),
    ),
    Case(
        "FRONT-DOOR-POOL-NAME",
        {"prefix": "mlaws", "front_door.auth": "cognito"},
        "prefix",
        "mlaws-dev",
        "without 'aws'",
        {"prefix": "mlaws"},
    ),
    Case(
        "FRONT-DOOR-WAF-RATE",
        {"front_door.waf": {"rate_limit": 14_999}},
        "front_door.waf.rate_limit",
        14_999,
        "at least 15000",
        {"front_door.waf": {"rate_limit": 15_000}},
    ),
    *(
        Case(
            "FRONT-DOOR-CLIENT-NAMES",
            named(first, second),
            f"front_door.clients.{second}",
            second,
            f"less like '{first}'",
            named(first, f"{second}-x"),
        )
        for first, second in [("shop", "shop-policy2"), ("shop", "shop-plan")]
    ),
    *(
        Case(rule, domain(certificate_arn=wrong), CERTIFICATE_PATH, wrong, fix, domain())
        for rule, wrong, fix in [
            ("ARN-PLACE", OTHER_REGION, f"must be '{REGION}'"),
            ("ARN-PLACE", OTHER_ACCOUNT, f"must be '{ACCOUNT}'"),
            ("ARN-KIND", f"arn:aws:acm:{REGION}:{ACCOUNT}:authority/1", "an ACM certificate"),
        ]
    ),
]
