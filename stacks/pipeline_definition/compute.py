"""The machines of a job and everything around it. What is secure is no argument."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Step = dict[str, Any]
ISOLATED = {"EnableNetworkIsolation": True, "EnableInterContainerTrafficEncryption": True}


@dataclass(frozen=True)
class Compute:
    """`volume_key` is None where the instance family refuses one: its hardware encrypts."""

    image: str
    role: str
    instance_type: str
    instances: int
    volume_gb: int
    volume_key: str | None
    output_key: str
    max_runtime_seconds: int
    subnets: Sequence[str]
    security_groups: Sequence[str]

    def cluster(self) -> dict[str, Any]:
        """The resources of the job."""
        cluster: dict[str, Any] = {
            "InstanceCount": self.instances,
            "InstanceType": self.instance_type,
            "VolumeSizeInGB": self.volume_gb,
        }
        return cluster | ({"VolumeKmsKeyId": self.volume_key} if self.volume_key else {})

    def vpc(self) -> dict[str, Any]:
        """The job's place in the VPC."""
        return {"Subnets": list(self.subnets), "SecurityGroupIds": list(self.security_groups)}
