"""The VPC and its private part, own or existing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PrivateSubnets:
    """One subnet for each availability zone, and the route tables they use."""

    vpc_id: str
    subnet_ids: list[str]
    route_table_ids: list[str]
