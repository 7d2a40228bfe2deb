"""The API: who may call it, how much, and from where."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from config.schema.base import ArnText, Name, Range, Settings

# What AWS WAF counts over.
WAF_SECONDS = 300
_VPCE = "^vpce-([0-9a-f]{8}|[0-9a-f]{17})$"

# Shorter than other names: a role's has 64 characters, `<prefix>-<environment>-caller-<client>`.
ClientName = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        max_length=15,
        description="Lower case, digits and single hyphens, a letter first.",
        examples=["web-shop"],
    ),
]


class Throttle(Settings):
    """How fast, at the most."""

    rate: float = Field(50, gt=0, le=10000, description="Requests per second.")
    burst: int = Field(100, ge=1, le=5000, description="Requests.")


class ApiClient(Settings):
    """An application that calls the API, with credentials of its own."""

    endpoints: list[Name] | None = Field(
        None, min_length=1, description="The endpoints that it may call; null: all of this file."
    )
    choose_variant: bool = Field(False, description="It may name the variant that answers (X-Target-Variant).")
    throttle: Throttle | None = Field(None, description="Of its API key; null: the stage's alone.")
    quota_per_day: int | None = Field(None, ge=1, le=2_000_000_000, description="Requests a day of its API key.")


class Firewall(Settings):
    """AWS's managed rules, and limits of our own."""

    rate_limit: int | None = Field(
        None,
        ge=10,
        le=2_000_000_000,
        description="Requests of one address in five minutes; more are blocked. null: as many as the throttle lets in.",
    )
    body_limit_kb: int | None = Field(
        None, ge=8, le=64, description="Larger bodies are blocked, KB; null: the function holds the limit of bodies."
    )


class PrivateApi(Settings):
    """The API answers through a VPC endpoint only."""

    callers: list[Range] = Field(
        default_factory=list, max_length=50, description="Address ranges that may connect to it, beside workloads."
    )
    endpoint_id: str | None = Field(
        None,
        pattern=_VPCE,
        description="The execute-api endpoint of a VPC that brings its endpoints; null: one is made.",
        examples=["vpce-0a1b2c3d4e5f60718"],
    )


class Truststore(Settings):
    """The authorities whose client certificates are accepted: a PEM file in S3."""

    uri: str = Field(
        pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+$",
        max_length=1024,
        description="s3://<bucket>/<key>, in the API's region.",
        examples=["s3://example-certificates/callers.pem"],
    )
    version: str | None = Field(
        None, min_length=1, max_length=64, description="Version of the object; null: the newest."
    )


class Domain(Settings):
    """A name of the organisation's own; API Gateway's address then answers nobody."""

    name: str = Field(
        pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$",
        max_length=253,
        description="Fully qualified, lower case.",
        examples=["api.example.com"],
    )
    certificate_arn: ArnText = Field(description="ACM's certificate of the name, in this account and region.")
    hosted_zone_id: str | None = Field(
        None,
        pattern=r"^Z[A-Z0-9]{1,31}$",
        description="Route 53's zone that gets the record; null: the record is made elsewhere.",
        examples=["Z0123456789ABCDEFGHIJ"],
    )
    truststore: Truststore | None = Field(None, description="Callers show a client certificate (mutual TLS).")


def _switch(value: Any) -> Any:
    """`true` is a mapping of defaults, `false` none."""
    return ({} if value else None) if isinstance(value, bool) else value


class FrontDoor(Settings):
    """The API."""

    auth: Literal["iam", "cognito", "api_key"] = Field(
        "iam",
        description="iam: signed requests of IAM roles; cognito: tokens of a user pool; api_key: local and dev only.",
    )
    client_keys: bool = Field(False, description="Each request also needs the client's API key.")
    clients: dict[ClientName, ApiClient] = Field(
        default_factory=lambda: {"applications": ApiClient()}, min_length=1, description="Who calls; name -> grants."
    )
    throttle: Throttle = Field(Throttle(), description="Of all callers together.")
    waf: Annotated[Firewall | None, BeforeValidator(_switch, json_schema_input_type=Firewall | bool | None)] = Field(
        Firewall(), description="A web ACL before the API. false: in local and dev only."
    )
    private: Annotated[PrivateApi | None, BeforeValidator(_switch, json_schema_input_type=PrivateApi | bool | None)] = (
        Field(None, description="The API answers in the VPC only.")
    )
    domain: Domain | None = None
    concurrency: int | None = Field(
        None, ge=1, description="Executions of the function reserved for it, and its limit; null: the account's pool."
    )
    provisioned_concurrency: int | None = Field(
        None, ge=1, description="Executions of the function that are always started; null: none."
    )
    api_logging_role: ArnText | None = Field(
        None, description="The role that API Gateway logs with in this account and region; null: the platform sets one."
    )

    @property
    def least_rate_limit(self) -> int:
        """Requests of one address in five minutes that the throttle lets in: applications often share an address."""
        return math.ceil(max(WAF_SECONDS * self.throttle.rate, 10))

    @property
    def has_keys(self) -> bool:
        """Whether each client has an API key."""
        return self.client_keys or self.auth == "api_key"
