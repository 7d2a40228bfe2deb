"""What all settings share: strictness, the shapes of names and identifiers, and errors that name rule and fix."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from config.arn import Arn

# Names end up inside SageMaker resource names (63 characters, no underscore), so they are kept short and plain.
Part = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        max_length=20,
        description="Lower case, digits and single hyphens, a letter first.",
        examples=["ml-platform"],
    ),
]
# Models, candidates, endpoints and variants also name CloudFormation's logical ids and JSON members: no hyphen.
Name = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9]*$",
        max_length=20,
        description="Lower case and digits, a letter first, no hyphen.",
        examples=["reviews"],
    ),
]
InstanceType = Annotated[
    str,
    Field(
        pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$",
        description="SageMaker's instance type: ml.<family>.<size>.",
        examples=["ml.m5.large"],
    ),
]


class Settings(BaseModel):
    """Common to all settings: unknown keys are errors and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def broken(rule: str, message: str, fix: str, source: str) -> PydanticCustomError:
    """An error of the schema that says as much as one of config/checks does."""
    context = {"rule": rule, "text": message, "fix": fix, "source": source}
    return PydanticCustomError("broken_rule", "{text}", context)


def _arn(text: str) -> str:
    try:
        Arn.parse(text)
    except ValueError:
        fix = "write arn:<partition>:<service>:<region>:<account>:<resource>."
        raise broken("ARN-FORM", "this is no ARN.", fix, "IAM user guide: Amazon Resource Names") from None
    return text


# The form only: config/checks says which service, partition, region and account a setting's ARN must have.
ArnText = Annotated[str, AfterValidator(_arn), Field(max_length=2048)]


def _range(value: Any) -> Any:
    """Before IPv4Network, which takes the number 10 for 0.0.0.10."""
    if isinstance(value, IPv4Network):
        return value
    source = "VPC user guide: VPC CIDR blocks"
    try:
        inside = IPv4Network(value if isinstance(value, str) else "", strict=False)
    except ValueError:
        message = "this is no IPv4 address range: a text of address, slash and length."
        raise broken("CIDR-FORM", message, "write it like 10.40.0.0/16.", source) from None
    if str(inside.network_address) != value.partition("/")[0]:
        message = "an address range begins with the network's own address."
        raise broken("CIDR-FORM", message, f"write {inside}.", source)
    return value


Range = Annotated[IPv4Network, BeforeValidator(_range)]
