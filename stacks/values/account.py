"""The account and region that an environment lies in, as the one place where ARNs are written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """`partition` is `aws`, `aws-cn` or `aws-us-gov`; `id` has 12 digits."""

    partition: str
    id: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        """`arn:…:<service>:<region>:<account>:<resource>`."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"

    def global_arn(self, service: str, resource: str) -> str:
        """The same for a service without regions, such as IAM."""
        return f"arn:{self.partition}:{service}::{self.id}:{resource}"

    def bucket(self, name: str) -> str:
        """A bucket's ARN, which names neither account nor region."""
        return f"arn:{self.partition}:s3:::{name}"

    def log_group(self, name: str) -> list[str]:
        """A log group and its streams."""
        group = self.arn("logs", f"log-group:{name}")
        return [group, f"{group}:log-stream:*"]
