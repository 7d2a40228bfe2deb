"""How the API knows its callers, and where from they reach it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class ApiAccess:
    """`keys`: each request needs a client's API key too. `scopes`: any of them lets a token of the pool through.

    `vpc_endpoint_id`: the API answers through this VPC endpoint only. `disabled_address`: by its domain only.
    """

    auth: Literal["iam", "cognito", "api_key"]
    keys: bool
    user_pool_arn: str | None = None
    scopes: list[str] = field(default_factory=list)
    vpc_endpoint_id: str | None = None
    disabled_address: bool = False
