"""One real-time endpoint: its variants, their scaling, and how it is updated."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from config.schema.base import InstanceType, Name, Settings


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
