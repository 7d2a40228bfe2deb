"""What every function of an environment is surrounded by."""

from __future__ import annotations

from dataclasses import dataclass

from stacks.values.assets import Assets
from stacks.values.identity import Identity
from stacks.values.placement import Placement


@dataclass(frozen=True, kw_only=True)
class FunctionSurroundings:
    """`key` encrypts its settings, `logs_key` its log group, `dead_letters_arn` keeps what it could not do."""

    identity: Identity
    placement: Placement
    assets: Assets
    key: str
    logs_key: str
    log_retention_days: int
    dead_letters_arn: str
    dead_letters_key: str
