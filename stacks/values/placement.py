"""Where a job, a model or a function is attached to the VPC."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Private subnets in at least two availability zones, and the security group that reaches the endpoints only.

    `s3_endpoint_id` is the gateway endpoint through which everything placed here reaches S3, `api_endpoint_id` the
    interface endpoint through which a private API is reached.
    """

    vpc_id: str
    subnet_ids: list[str]
    security_group_id: str
    s3_endpoint_id: str
    api_endpoint_id: str | None = None

    def isolated(self) -> dict[str, dict[str, object]]:
        """Conditions on CreateModel: in this place, and isolated. A key that is absent fails each of them."""
        sets: dict[str, object] = {
            "sagemaker:VpcSubnets": self.subnet_ids,
            "sagemaker:VpcSecurityGroupIds": [self.security_group_id],
        }
        return {
            "ForAllValues:StringEquals": sets,
            "Null": dict.fromkeys(sets, "false"),
            "Bool": {"sagemaker:NetworkIsolation": "true"},
        }
