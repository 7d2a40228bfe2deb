"""The function that a pipeline asks what no job can know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """`function_arn`: of lambda/workflow. `endpoints`: names of those that serve the model."""

    function_arn: str
    endpoints: Sequence[str]
