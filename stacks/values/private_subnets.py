"""The VPC and its private part, own or existing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class PrivateSubnets:
    """One subnet for each availability zone, and the route tables they use."""

    vpc_id: str
    subnet_ids: Sequence[str]
    route_table_ids: Sequence[str]
