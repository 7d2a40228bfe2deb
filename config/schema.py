"""Every setting: its type, its bounds, its unit and its default, which is the secure one.

Only what the platform does today is here; a key that is not here is an error. Field descriptions become the
JSON Schema that editors complete from (`python -m config schema`).
"""

from __future__ import annotations

import math
from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# Names end up inside SageMaker resource names (63 characters, no underscore), so they are kept short and plain.
Part = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=20)]
# Models, candidates, endpoints and variants also name CloudFormation's logical ids and JSON members: no hyphen.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*$", max_length=20)]
InstanceType = Annotated[str, StringConstraints(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+\.py$")]
Argument = str | int | float | bool


class Settings(BaseModel):
    """Common to all settings: unknown keys are errors and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Client(Settings):
    """Where the operator's tools find endpoint and credentials, when not in the operator's own AWS configuration."""

    aws_config_file: str = Field(description="AWS configuration file, relative to the project's root.")
    profile: str = Field(description="Profile inside that file.")


class Network(Settings):
    """The VPC. There is no route to the internet."""

    cidr: IPv4Network = Field(description="Address range of the VPC, /16 to /22.")
    availability_zones: list[str] = Field(min_length=2, max_length=3, description="Zone names; never looked up.")


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

    code: str = Field(pattern=r"^model_code/[a-z][a-z0-9_]*$", description="Folder with the model's scripts.")
    processing: Processing
    evaluation: Job
    candidates: dict[Name, Candidate] = Field(min_length=1, max_length=10)
    gate: Gate
    approval: Literal["manual", "automatic"] = "manual"


class Scaling(Settings):
    """Target tracking between `min` and `max` instances."""

    min: int = Field(ge=1, le=100)
    max: int = Field(ge=1, le=100)
    metric: Literal["concurrency", "invocations"] = Field(
        "concurrency", description="Concurrent requests per model (10 s), or invocations per instance and minute."
    )
    target: float = Field(gt=0)


class Variant(Settings):
    """One production variant: which candidate it serves, its share of the traffic, its machines."""

    model: Name
    candidate: Name
    weight: float = Field(ge=0, le=100, description="Share of the traffic, relative to the other variants.")
    instance_type: InstanceType = "ml.m5.large"
    scaling: Scaling


class RolloutAlarms(Settings):
    """A roll-out goes back when one of these is exceeded on any variant."""

    error_percent: float = Field(1, gt=0, le=100, description="Share of requests answered 5xx, percent.")
    p99_latency_ms: float = Field(1000, gt=0, le=60000, description="99th percentile of ModelLatency, milliseconds.")


class Rollout(Settings):
    """Blue/green update of an endpoint."""

    kind: Literal["all_at_once", "canary", "linear"] = "canary"
    percent: int = Field(10, ge=1, le=50, description="Capacity of the canary or of one linear step, percent.")
    bake_minutes: int = Field(10, ge=0, le=60, description="How long the alarms are watched after each shift.")
    alarms: RolloutAlarms = RolloutAlarms()

    @property
    def longest_seconds(self) -> int:
        """All the waits, and half an hour beyond them for starting and ending instances."""
        waits = math.ceil(100 / self.percent) if self.kind == "linear" else 1
        return self.bake_minutes * 60 * waits + 1800


class Endpoint(Settings):
    """One real-time endpoint with its variants."""

    variants: dict[Name, Variant] = Field(min_length=1, max_length=10)
    rollout: Rollout = Rollout()


class Throttle(Settings):
    """Limits of the API stage."""

    rate: float = Field(50, gt=0, le=10000, description="Requests per second.")
    burst: int = Field(100, ge=1, le=5000, description="Requests.")


class FrontDoor(Settings):
    """The API. Callers are authenticated by IAM (SigV4)."""

    throttle: Throttle = Throttle()


class Platform(Settings):
    """One environment."""

    prefix: Part = Field("ashlar", description="First part of every name.")
    environment: Part
    account: str = Field(pattern=r"^[0-9]{12}$", description="AWS account id, quoted: it may start with 0.")
    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")
    client: Client | None = None
    retain_data: bool = Field(True, description="Keep buckets, keys and registered models when stacks are destroyed.")
    network: Network
    models: dict[Name, Model] = Field(min_length=1)
    endpoints: dict[Name, Endpoint] = Field(min_length=1)
    front_door: FrontDoor = FrontDoor()

    def name(self, *parts: str) -> str:
        """`<prefix>-<environment>-<parts>`: the one way names are made."""
        return "-".join((self.prefix, self.environment, *parts))
