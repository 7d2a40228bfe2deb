"""One environment, whole."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from config.schema.base import Name, Part, Settings, broken
from config.schema.endpoint import Endpoint
from config.schema.foundation import Audit, DataSettings, IdentitySettings, Keys
from config.schema.front_door import FrontDoor
from config.schema.model import Model
from config.schema.network import Network

ACCOUNT = r"^[0-9]{12}$"
_PARTITIONS: dict[str, Literal["aws-cn", "aws-us-gov"]] = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


def _twelve_digits(value: Any) -> str:
    if isinstance(value, str) and len(value) == 12 and value.isascii() and value.isdigit():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        message = "an account id is a text: YAML drops the leading zero of a number, or reads it as octal."
    else:
        message = "an account id has exactly 12 digits."
    fix = 'write all 12 digits, zeros included, in quotes: `account: "012345678901"`.'
    raise broken("ACCOUNT-ID", message, fix, "IAM: AWS account identifiers")


class Client(Settings):
    """Where the operator's tools find endpoint and credentials, when not in the operator's own AWS configuration."""

    aws_config_file: str = Field(description="AWS configuration file, relative to the project's root.")
    profile: str = Field(description="Profile inside that file.")


class Platform(Settings):
    """One environment."""

    prefix: Part = Field("ashlar", description="First part of every name: lower case, digits, single hyphens.")
    environment: Part
    account: Annotated[str, BeforeValidator(_twelve_digits)] = Field(
        pattern=ACCOUNT, description="AWS account id, quoted: it may start with 0.", examples=["012345678901"]
    )
    region: str = Field(
        pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$", description="AWS region, lower case.", examples=["eu-west-1"]
    )
    client: Client | None = None
    retain_data: bool = Field(True, description="Keep buckets, keys and registered models when stacks are destroyed.")
    tags: dict[str, str] = Field(
        default_factory=dict, description="The organisation's mandatory tags, on every resource beside our own."
    )
    network: Network
    keys: Keys = Keys()
    identity: IdentitySettings = IdentitySettings()
    data: DataSettings = DataSettings()
    audit: Audit = Audit()
    models: dict[Name, Model] = Field(min_length=1)
    endpoints: dict[Name, Endpoint] = Field(min_length=1)
    front_door: FrontDoor = FrontDoor()

    def name(self, *parts: str) -> str:
        """`<prefix>-<environment>-<parts>`: the one way names are made."""
        return "-".join((self.prefix, self.environment, *parts))

    @property
    def partition(self) -> Literal["aws", "aws-cn", "aws-us-gov"]:
        """The partition that the region belongs to."""
        return next((name for start, name in _PARTITIONS.items() if self.region.startswith(start)), "aws")

    @property
    def role_path(self) -> str:
        """`/[organisation/]<prefix>/<environment>/`: the IAM path that all of the platform's roles are below."""
        return f"{self.identity.role_path}{self.prefix}/{self.environment}/"

    @property
    def bootstrap_path(self) -> str:
        """Where the policies lie that limit a deployment: outside of `role_path`, which a deployment writes to."""
        return f"{self.identity.role_path}{self.prefix}-bootstrap/{self.environment}/"

    @property
    def boundary_arn(self) -> str:
        """ARN of the permissions boundary of all roles, the organisation's or the platform's own."""
        own = f"arn:{self.partition}:iam::{self.account}:policy{self.bootstrap_path}{self.name('boundary')}"
        return self.identity.permissions_boundary or own
