"""Amazon Resource Names, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

_FORM = re.compile(r"arn:([a-z-]+):([a-z0-9-]+):([a-z0-9-]*):([^:\s]*):(\S+)")


@dataclass(frozen=True)
class Arn:
    """`arn:partition:service:region:account:resource`; `region` and `account` may be empty."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for a text that is no ARN."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is no ARN")
        return cls(*match.groups())

    @property
    def kind(self) -> str:
        """What stands before the resource's first slash: `role` of `role/path/name`."""
        return self.resource.partition("/")[0]

    @property
    def name(self) -> str:
        """What stands after that slash: `path/name` of `role/path/name`; empty without one."""
        return self.resource.partition("/")[2]

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"
