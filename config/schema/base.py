"""What all settings share: strictness, the shapes of names and identifiers, and errors that name rule and fix."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from config.arn import Arn

# Names end up inside SageMaker resource names (63 characters, no underscore), so they are kept short and plain.
Part = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=20)]
# Models, candidates, endpoints and variants also name CloudFormation's logical ids and JSON members: no hyphen.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*$", max_length=20)]
InstanceType = Annotated[str, StringConstraints(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")]


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
ArnText = Annotated[str, AfterValidator(_arn), StringConstraints(max_length=2048)]
