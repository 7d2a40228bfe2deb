"""An endpoint as a release sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


def model_id(endpoint: str, variant: str) -> str:
    """A model's logical id: lower-case, because CloudFormation makes names of it, and SageMaker's ARNs are."""
    return f"{endpoint.replace('-', '')}{variant}model"


@dataclass(frozen=True)
class HostedNames:
    """Names and ARNs of one endpoint. CloudFormation names models and configurations `<logical id>-<random>`.

    `groups`: whose packages releases choose; `packages`: ARNs of fixed ones. `volume_key` is None where an instance
    type encrypts its own drives, and without instances. `serverless`: its model has no place in the VPC.
    `prefix`, `environment`: the tags that the stack gives.
    `live_function`: ARN of the function that the stack's custom resources call.
    """

    endpoint: str
    stack: str
    model_ids: Mapping[str, str]
    configuration_id: str
    groups: Sequence[str]
    packages: Sequence[str]
    hosting_roles: Sequence[str]
    instance_types: Sequence[str]
    volume_key: str | None
    serverless: bool
    live_function: str
    prefix: str
    environment: str


@dataclass(frozen=True)
class ReleasedVariant:
    """How a release reaches one variant: the stack's parameter, the group it takes packages from, its weight."""

    name: str
    parameter: str
    group: str
    weight: float
