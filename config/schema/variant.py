"""What an endpoint serves: where the containers of a variant come from, its machines and their scaling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from config.schema.base import ArnText, InstanceType, Name, Settings

Seconds = Annotated[int, Field(ge=60, le=3600)]
Cooldown = Annotated[int, Field(ge=0, le=3600)]


@dataclass(frozen=True)
class Fleet:
    """Instances of one variant: their type, the fewest and the most that run outside of an update."""

    instance_type: str
    fewest: int
    most: int


class OwnImage(Settings):
    """A container image by its digest, and the model that it serves."""

    uri: str = Field(
        max_length=255,
        description="<account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<64 hex digits>.",
    )
    artifact: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9!_.()/-]*\.tar\.gz$",
        max_length=900,
        description="Key of the model's archive in the artifacts bucket.",
        examples=["own/model.tar.gz"],
    )


class Container(Settings):
    """Exactly one source: `model` with `candidate`, `package`, or `image`."""

    model: Name | None = Field(None, description="A model of this file.", examples=["reviews"])
    candidate: Name | None = Field(
        None, description="Its candidate: the latest approved package is served.", examples=["linear"]
    )
    package: ArnText | None = Field(None, description="ARN of one version of a model package: fixed, never released.")
    image: OwnImage | None = Field(None, description="An image of one's own: fixed, never released.")

    @property
    def is_released(self) -> bool:
        """Whether releases choose what it serves."""
        return self.model is not None and self.candidate is not None


class Served(Container):
    """What production variants and the shadow have: one container or a pipeline of several, and their machine."""

    containers: list[Container] | None = Field(
        None, min_length=2, max_length=15, description="An inference pipeline, instead of one source."
    )
    instance_type: InstanceType = "ml.m5.large"
    environment: dict[str, str] = Field(
        default_factory=dict, max_length=97, description="Variables of the container, of all in a pipeline. No secrets."
    )
    startup_timeout_seconds: Seconds = Field(600, description="Until the containers answer /ping, seconds.")
    download_timeout_seconds: Seconds = Field(600, description="To fetch and unpack the model, seconds.")

    @property
    def chain(self) -> list[Container]:
        """Its containers, in the order that a request passes them."""
        return list(self.containers) if self.containers is not None else [self]

    @property
    def released(self) -> Container | None:
        """The container that releases choose; None when all are fixed."""
        return next((container for container in self.chain if container.is_released), None)


class Schedule(Settings):
    """Other bounds from a time on, until the next schedule sets them again."""

    cron: str = Field(
        description="Minutes, hours, day of month, month, day of week, year.", examples=["0 19 ? * MON-FRI *"]
    )
    timezone: str = Field("UTC", description="Name in the IANA time zone database.", examples=["Europe/London"])
    min: int = Field(ge=0, le=100, description="Instances.")
    max: int = Field(ge=0, le=100, description="Instances.")


class Scaling(Settings):
    """Target tracking between `min` and `max` instances."""

    min: int = Field(ge=0, le=100, description="Instances; 0 in asynchronous endpoints that scale on their backlog.")
    max: int = Field(ge=1, le=100, description="Instances.")
    metric: Literal["concurrency", "invocations", "backlog"] = Field(
        "concurrency",
        description="Concurrent requests per model (10 s), invocations per instance and minute, or waiting requests "
        "per instance (asynchronous endpoints).",
    )
    target: float = Field(gt=0)
    scale_in_cooldown_seconds: Cooldown = Field(300, description="Between two removals of instances, seconds.")
    scale_out_cooldown_seconds: Cooldown = Field(60, description="Between two additions of instances, seconds.")
    schedules: dict[Name, Schedule] = Field(default_factory=dict, max_length=20)


class Serverless(Settings):
    """No instances: memory, and how many requests at once."""

    memory_mb: int = Field(2048, ge=1024, le=6144, description="MiB, in steps of 1024.")
    max_concurrency: int = Field(5, ge=1, le=200, description="Requests at once.")
    provisioned_concurrency: int = Field(0, ge=0, le=200, description="Kept warm; 0: none, with cold starts.")


class Variant(Served):
    """One production variant: what it serves, its share of the traffic, its machines."""

    weight: float = Field(1, ge=0, le=100, description="Share of the traffic, relative to the other variants.")
    scaling: Scaling | None = None
    instances: int | None = Field(None, ge=1, le=100, description="A fixed number of instances, instead of `scaling`.")
    serverless: Serverless | None = Field(None, description="In mode serverless, instead of instances.")

    @property
    def initial_instances(self) -> int:
        """How many are started first: at least one, also where scaling may go to none."""
        return max(1, self.scaling.min) if self.scaling else self.instances or 1

    @property
    def fleet(self) -> Fleet | None:
        """Its instances; None when it is serverless."""
        if self.serverless:
            return None
        if self.scaling is None:
            return Fleet(self.instance_type, self.initial_instances, self.initial_instances)
        bounds: list[Scaling | Schedule] = [self.scaling, *self.scaling.schedules.values()]
        return Fleet(self.instance_type, min(each.min for each in bounds), max(each.max for each in bounds))


class Shadow(Served):
    """A variant that gets copies of requests; nobody gets its answers."""

    name: Name
    instances: int = Field(1, ge=1, le=100, description="Instances.")
    sampling_percent: int = Field(ge=1, le=100, description="Share of the requests that are copied, percent.")

    @property
    def initial_instances(self) -> int:
        """How many are started."""
        return self.instances

    @property
    def fleet(self) -> Fleet:
        """Its instances."""
        return Fleet(self.instance_type, self.instances, self.instances)
