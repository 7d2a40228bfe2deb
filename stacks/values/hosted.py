"""An endpoint as a release sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class HostedNames:
    """Names and ARNs of one endpoint. CloudFormation names models and configurations `<logical id>-<random>`.

    `volume_key` is None where an instance type encrypts its own drives.
    """

    endpoint: str
    stack: str
    model_ids: Mapping[str, str]
    configuration_id: str
    groups: Sequence[str]
    hosting_roles: Sequence[str]
    instance_types: Sequence[str]
    volume_key: str | None
