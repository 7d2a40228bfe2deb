"""One model: its code, its jobs, its candidates and its gate."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from config.schema.base import InstanceType, Name, Settings, broken

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+\.py$", examples=["train.py"])]


def _scalar(value: Any) -> Any:
    """One error, where pydantic would give one for each type of the union."""
    if not isinstance(value, str | int | float):
        message = "a script's argument is one value."
        raise broken("ARGUMENT-FORM", message, "write a text in quotes, a number, true or false.", "model_code")
    return value


Argument = Annotated[str | int | float | bool, BeforeValidator(_scalar)]


class Job(Settings):
    """What every SageMaker job has: a script of the model's folder, an image and a machine."""

    entry_point: FileName = Field(description="Script in the model's `code` folder.")
    image: str = Field(description="Name in config/catalogue/images.yaml.")
    instance_type: InstanceType = "ml.m5.xlarge"
    volume_gb: int = Field(30, ge=1, le=16384, description="Storage volume, GiB.")
    max_runtime_minutes: int = Field(60, ge=1, le=1440, description="The job is stopped after this time.")


class Processing(Job):
    """The job that validates, balances and splits the raw data."""

    arguments: dict[str, Argument] = Field(default_factory=dict, description="`--name value` pairs of the script.")


class Candidate(Job):
    """One way to train the model. Its name is also the name of the variant that serves it."""

    hyperparameters: dict[str, Argument] = Field(default_factory=dict)
    metrics: dict[str, str] = Field(
        default_factory=lambda: {
            "validation:macro_f1": r"validation:macro_f1=([0-9.]+)",
            "validation:accuracy": r"validation:accuracy=([0-9.]+)",
        },
        description="Metric name -> regular expression over the training log, one group.",
    )


class Gate(Settings):
    """What a candidate must reach on the test split before it is registered."""

    metric: Literal["macro_f1", "accuracy"] = "macro_f1"
    at_least: float = Field(ge=0, le=1)


class Model(Settings):
    """One model: its code, its jobs, its candidates and its gate."""

    code: str = Field(
        pattern=r"^model_code/[a-z][a-z0-9_]*$",
        description="Folder with the model's scripts.",
        examples=["model_code/reviews"],
    )
    processing: Processing
    evaluation: Job
    candidates: dict[Name, Candidate] = Field(min_length=1, max_length=10)
    gate: Gate
    approval: Literal["manual", "automatic"] = "manual"
