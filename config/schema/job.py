"""What every job has: a machine, and where it applies a script and its arguments."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from config.schema.base import InstanceType, Settings, broken

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+\.py$", examples=["train.py"])]


def _scalar(value: Any) -> Any:
    """One error, where pydantic would give one for each type of the union."""
    if not isinstance(value, str | int | float):
        message = "a script's argument is one value."
        raise broken("ARGUMENT-FORM", message, "write a text in quotes, a number, true or false.", "model_code")
    return value


Argument = Annotated[str | int | float | bool, BeforeValidator(_scalar)]


class Machine(Settings):
    """Where a job runs, and for how long at most."""

    instance_type: InstanceType = "ml.m5.xlarge"
    volume_gb: int = Field(30, ge=1, le=16384, description="Storage volume, GiB.")
    max_runtime_minutes: int = Field(60, ge=1, le=1440, description="The job is stopped after this time.")
    hardware_encryption: Literal["accepted"] | None = Field(
        None, description="For families with drives of their own: their hardware's key, instead of `keys.data`."
    )


class Job(Machine):
    """A script of the model's folder, an image and a machine."""

    entry_point: FileName = Field(description="Script in the model's `code` folder.")
    image: str = Field(description="Name in config/catalogue/images.yaml.")
