"""A request as IAM sees it: who, what, on which resource, with which context keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from review.iam.errors import PolicyError

Context = Mapping[str, str | list[str]]
ARN = re.compile(r"^arn:[a-z-]+:(iam|sts)::(?P<account>\d{12}):(?P<rest>.+)$")


@dataclass(frozen=True)
class Principal:
    """Who asks. `arn`: of a role or user; `session`: of the role's session; `service`: of an AWS service.

    A role's session has two names in resource policies: the role's ARN, and the session's own
    (`arn:aws:sts::<account>:assumed-role/<role>/<session>`).
    """

    arn: str = ""
    session: str = ""
    service: str = ""
    federated: str = ""

    def __post_init__(self) -> None:
        if self.arn and not ARN.match(self.arn):
            raise PolicyError(f"principal {self.arn!r} must be an ARN such as arn:aws:iam::<account>:role/x.")

    @property
    def account(self) -> str:
        """Twelve digits, or "" for a service, a federated or an anonymous principal."""
        match = ARN.match(self.arn)
        return match["account"] if match else ""

    @property
    def is_root(self) -> bool:
        return self.arn.endswith(":root")

    @property
    def is_user(self) -> bool:
        return ":user/" in self.arn


@dataclass(frozen=True)
class Request:
    """`action`: `service:Operation`. `resource`: an ARN, or `*` where the service names none.

    `context`: condition key -> value, or values of a multivalued key. Keys are compared without case; what the caller
    leaves out is absent, also keys that AWS would always send.
    """

    action: str
    resource: str
    principal: Principal = field(default_factory=Principal)
    context: Context = field(default_factory=dict)
    resource_account: str = ""

    @property
    def values(self) -> dict[str, list[str]]:
        """The context by lower-case key. A key without values is absent."""
        listed = {k.lower(): v if isinstance(v, list) else [v] for k, v in self.context.items()}
        return {key: values for key, values in listed.items() if values}
