"""One endpoint as the API has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from config.declaration import Declaration


@dataclass(frozen=True)
class ApiEndpoint:
    """`hosted`: the SageMaker endpoint's name. Without a `declaration` it takes any body, unchecked."""

    hosted: str
    mode: Literal["real_time", "asynchronous", "serverless"]
    variants: list[str]
    declaration: Declaration | None
