"""One endpoint: its mode, its variants, how it is updated and what is kept of its requests."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from config.schema.base import Name, Settings
from config.schema.variant import Fleet, Served, Shadow, Variant


class Asynchronous(Settings):
    """Requests and answers are objects of the data bucket. Time and life of a request are given with each call."""

    max_concurrent_per_instance: int = Field(4, ge=1, le=1000, description="Requests at once in one instance.")
    timeout_seconds: int = Field(900, ge=1, le=3600, description="Longest processing of one request, seconds.")
    ttl_seconds: int = Field(21600, ge=60, le=21600, description="A request that waited longer fails, seconds.")
    notify: bool = Field(True, description="Topics of its own for successes and errors.")


class RolloutAlarms(Settings):
    """A roll-out goes back when one of these is exceeded on any variant."""

    error_percent: float = Field(1, gt=0, le=100, description="Share of requests answered 5xx, percent.")
    model_error_percent: float = Field(
        1, gt=0, le=100, description="Share of requests that a container answered with other than 2xx, percent."
    )
    p99_latency_ms: float = Field(1000, gt=0, le=60000, description="99th percentile of ModelLatency, milliseconds.")
    period_seconds: Literal[10, 30, 60] = Field(
        60,
        description="How often the alarms look, seconds. Below 60 the endpoint publishes metrics as often.",
    )


class Rollout(Settings):
    """Blue/green update of an endpoint."""

    kind: Literal["all_at_once", "canary", "linear"] = "canary"
    percent: int = Field(10, ge=1, le=50, description="Capacity of the canary or of one linear step, percent.")
    bake_minutes: int = Field(10, ge=0, le=60, description="How long the alarms are watched after each shift.")
    termination_wait_minutes: int = Field(
        0, ge=0, le=60, description="How long the old instances are kept after the last shift."
    )
    alarms: RolloutAlarms = RolloutAlarms()

    @property
    def termination_wait_seconds(self) -> int:
        """All at once there is no step to wait after: the alarms are watched as long as the old instances stay."""
        bake = self.bake_minutes if self.kind == "all_at_once" else 0
        return max(self.termination_wait_minutes, bake) * 60

    @property
    def waits_seconds(self) -> int:
        """All that is waited for: after each step, the canary's and the last one among them; then for the end."""
        steps = {"canary": 2, "linear": math.ceil(100 / self.percent), "all_at_once": 1}[self.kind]
        return self.bake_minutes * steps * 60 + self.termination_wait_seconds

    @property
    def longest_seconds(self) -> int:
        """All the waits, and half an hour beyond them for starting and ending instances."""
        return self.waits_seconds + 1800


class Capture(Settings):
    """Requests and answers that are kept in the data bucket, below `capture/<endpoint>/`."""

    percent: int = Field(ge=1, le=100, description="Share of the requests that are kept, percent.")


class Endpoint(Settings):
    """One endpoint with its variants."""

    mode: Literal["real_time", "asynchronous", "serverless"] = Field(
        "real_time", description="An endpoint cannot change it: give a new one another name."
    )
    variants: dict[Name, Variant] = Field(min_length=1, max_length=10)
    shadow: Shadow | None = None
    asynchronous: Asynchronous | None = Field(None, description="In mode asynchronous.")
    rollout: Rollout = Rollout()
    capture: Capture | None = Field(None, description="null: no request is kept.")

    @property
    def is_guarded(self) -> bool:
        """Whether roll-outs are watched by alarms and go back: SageMaker does that where there are instances."""
        return self.mode != "serverless"

    @property
    def served(self) -> dict[str, Served]:
        """Name -> all that has a model of its own: the production variants, then the shadow."""
        return {**self.variants, **({self.shadow.name: self.shadow} if self.shadow else {})}

    @property
    def fleets(self) -> list[Fleet]:
        """The instances of every variant that has any."""
        all_of = [variant.fleet for variant in self.variants.values()]
        return [fleet for fleet in [*all_of, self.shadow.fleet if self.shadow else None] if fleet]

    @property
    def weights(self) -> dict[str, float]:
        """Variant -> weight. Of a shadow: the share of the requests that it gets, relative to the variant's weight."""
        weights = {name: variant.weight for name, variant in self.variants.items()}
        if self.shadow:
            (production,) = weights.values()
            weights[self.shadow.name] = production * self.shadow.sampling_percent / 100
        return weights
