"""One model: its pipeline's parameters and start, its jobs, its candidates, its gate and its batch transform."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.schema.base import Name, Settings
from config.schema.job import Argument, Job
from config.schema.training import Candidate
from config.schema.transform import Transform

ParameterName = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        max_length=64,
        description="Lower case, digits and _, a letter first.",
        examples=["rounds"],
    ),
]


class Parameter(Settings):
    """A value that one execution of the pipeline may be started with; `{name}` stands for it in arguments."""

    type: Literal["string", "integer", "float", "boolean"]
    default: Argument = Field(description="What an execution has that is started without it, of the same type.")


class Cache(Settings):
    """A step whose arguments did not change takes the result of an earlier execution."""

    enabled: bool = True
    days: int = Field(7, ge=1, le=365, description="How old a result may be.")


class StartSchedule(Settings):
    """When the pipeline starts by itself."""

    cron: str = Field(description="Minutes, hours, day of month, month, day of week, year.", examples=["0 3 ? * SUN *"])
    timezone: str = Field("UTC", description="Name in the IANA time zone database.", examples=["Europe/London"])


class Processing(Job):
    """The job that validates, balances and splits the raw data."""

    arguments: dict[str, Argument] = Field(default_factory=dict, description="`--name value` pairs of the script.")


class Evaluation(Job):
    """The job that measures every candidate and the champion on the test split."""

    scores_algorithms: bool = Field(
        False, description="The script reads artifacts of built-in algorithms itself: they hold no inference code."
    )


class Gate(Settings):
    """What a candidate must reach on the test split before it is registered."""

    metric: Literal["macro_f1", "accuracy"] = "macro_f1"
    at_least: float = Field(ge=0, le=1)
    not_below_champion_by: float | None = Field(
        None, ge=0, le=1, description="How far below the champion, on the same split; null: it is not compared."
    )


class Scan(Settings):
    """What is looked for in an artifact before it is registered: pickles, checksum, size."""

    max_artifact_mb: int = Field(500, ge=1, le=10240, description="Largest model.tar.gz, MB.")


class Model(Settings):
    """One model: its code, its jobs, its candidates and its gate."""

    code: str = Field(
        pattern=r"^model_code/[a-z][a-z0-9_]*$",
        description="Folder with the model's scripts.",
        examples=["model_code/reviews"],
    )
    parameters: dict[ParameterName, Parameter] = Field(default_factory=dict, max_length=199)
    cache: Cache | None = Field(None, description="null: every execution runs every step.")
    one_at_a_time: bool = Field(False, description="Refuse a second execution while one runs.")
    schedule: StartSchedule | None = Field(None, description="null: started by uploads and by hand.")
    processing: Processing
    evaluation: Evaluation
    candidates: dict[Name, Candidate] = Field(min_length=1, max_length=10)
    gate: Gate
    scan: Scan = Scan()
    transform: Transform | None = Field(None, description="Predictions for whole files, by the first that passes.")
    approval: Literal["manual", "automatic"] = "manual"
