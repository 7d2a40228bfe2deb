"""An image that AWS publishes: its address and the repository a role must be allowed to pull from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ImageRepository:
    """`uri` is `<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>`."""

    uri: str

    @property
    def arn(self) -> str:
        """The repository's ARN."""
        host, path = self.uri.split("/", 1)
        account, _, _, region, *_ = host.split(".")
        return f"arn:aws:ecr:{region}:{account}:repository/{path.split(':')[0]}"
