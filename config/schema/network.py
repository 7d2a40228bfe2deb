"""The VPC: the platform's own, or one that exists."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Any, Literal, Self, cast

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from config.schema.base import Range, Settings, broken

_HEX = "([0-9a-f]{8}|[0-9a-f]{17})$"
RouteTable = Annotated[
    str, Field(pattern=f"^rtb-{_HEX}", description="A route table's id.", examples=["rtb-0a1b2c3d4e5f60718"])
]


def _two_or_three(zones: list[str]) -> list[str]:
    if not 2 <= len(zones) <= 3:
        raise broken(
            "ZONES-TWO",
            f"two or three zones, not {len(zones)}: two outlive the loss of one, and a fourth only costs.",
            "name two or three zones of the region.",
            "Well-Architected, REL10: deploy the workload to multiple locations",
        )
    return zones


class Subnet(Settings):
    """A private subnet that exists: no route to an internet gateway."""

    id: str = Field(pattern=f"^subnet-{_HEX}", description="The subnet's id.", examples=["subnet-0a1b2c3d4e5f60718"])
    availability_zone: str = Field(description="Zone name, such as eu-west-1a.")
    cidr: Range = Field(description="The subnet's address range.")


class ExistingVpc(Settings):
    """A VPC that exists. With the two endpoint settings its endpoints exist as well, and none is made."""

    vpc_id: str = Field(pattern=f"^vpc-{_HEX}", description="The VPC's id.", examples=["vpc-0a1b2c3d4e5f60718"])
    cidr: Range = Field(description="Address range of the VPC (the one that holds the subnets).")
    subnets: list[Subnet] = Field(min_length=1, description="Private subnets, in at least two availability zones.")
    route_table_ids: list[RouteTable] = Field(
        default_factory=list, description="Route tables of the subnets; the S3 endpoint that is made is added to them."
    )
    s3_endpoint_id: str | None = Field(
        None, pattern=f"^vpce-{_HEX}", description="The S3 gateway endpoint.", examples=["vpce-0a1b2c3d4e5f60718"]
    )
    endpoints_security_group_id: str | None = Field(
        None,
        pattern=f"^sg-{_HEX}",
        description="Security group of the interface endpoints.",
        examples=["sg-0a1b2c3d4e5f60718"],
    )

    @property
    def has_endpoints(self) -> bool:
        """Whether the VPC brings its endpoints; a rule says that both are given or neither."""
        return self.s3_endpoint_id is not None and self.endpoints_security_group_id is not None


class Network(Settings):
    """Either `cidr` and `availability_zones` of a VPC of our own, or `existing`."""

    # Stacks read the properties `cidr` and `zones`, which either kind of network has.
    own_cidr: Range | None = Field(None, alias="cidr", description="Address range of the VPC, /16 to /22.")
    availability_zones: Annotated[list[str], AfterValidator(_two_or_three)] = Field(
        default_factory=list,
        description="Zone names; never looked up.",
        json_schema_extra={"minItems": 2, "maxItems": 3},
    )
    internet: Literal["none", "nat"] = Field(
        "none", description="nat: one NAT gateway in each zone, for jobs that need the internet."
    )
    s3_read_buckets: list[str] = Field(
        default_factory=list, description="Names of foreign buckets that may be read through the S3 endpoint."
    )
    existing: ExistingVpc | None = None

    @property
    def cidr(self) -> IPv4Network:
        """Address range of the VPC, own or existing."""
        cidr = self.existing.cidr if self.existing else self.own_cidr
        # `own_or_existing` has refused a network without either.
        return cast(IPv4Network, cidr)

    @property
    def zones(self) -> list[str]:
        """Zone names, own or of the existing subnets, each once and in the file's order."""
        if self.existing:
            return list(dict.fromkeys(subnet.availability_zone for subnet in self.existing.subnets))
        return self.availability_zones

    @model_validator(mode="after")
    def own_or_existing(self) -> Self:
        """Errors are located at the setting, not at `network`."""
        own = {"cidr": "own_cidr", "availability_zones": "availability_zones", "internet": "internet"}
        given = {key: getattr(self, field) for key, field in own.items() if field in self.model_fields_set}
        if self.existing:
            wrong = {key: _too_much(key) for key in given}
        else:
            wrong = {key: _too_little(key) for key in ("cidr", "availability_zones") if given.get(key) is None}
        if wrong:
            errors = [InitErrorDetails(type=e, loc=(key,), input=_plain(given.get(key))) for key, e in wrong.items()]
            raise ValidationError.from_exception_data(type(self).__name__, errors)
        return self


_EITHER = ("NETWORK-EITHER", "docs/configuration.md")


def _too_much(key: str) -> PydanticCustomError:
    return broken(_EITHER[0], "an existing VPC brings this with it.", f"remove `{key}` or `existing`.", _EITHER[1])


def _too_little(key: str) -> PydanticCustomError:
    return broken(_EITHER[0], "a VPC of our own needs it.", f"add `{key}`, or name an `existing` VPC.", _EITHER[1])


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, IPv4Network) else value
