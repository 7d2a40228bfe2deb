"""A container image: its address and the repository a role must be allowed to pull from."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class ImageRepository:
    """`uri` is `<account>.dkr.ecr.<region>.amazonaws.com/<repository>`, then `:<tag>` or `@<digest>`."""

    uri: str

    @property
    def arn(self) -> str:
        """The repository's ARN."""
        host, path = self.uri.split("/", 1)
        account, _, _, region, *_ = host.split(".")
        return f"arn:aws:ecr:{region}:{account}:repository/{re.split('[:@]', path)[0]}"
