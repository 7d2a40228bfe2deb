"""The customer keys of an environment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class KeyArns:
    """ARNs of the customer keys, one for each class of what they encrypt.

    `data`: raw and processed data. `artifacts`: models and the volumes of jobs and endpoints. `functions`: settings of
    functions. `logs`: log groups. `trail`: the audit trail. `notifications`: the operators' topic and the dead letters.
    """

    data: str
    artifacts: str
    functions: str
    logs: str
    trail: str
    notifications: str
