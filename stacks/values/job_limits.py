"""What jobs of one kind may be, as conditions on the call that creates one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stacks.values.placement import Placement


@dataclass(frozen=True)
class JobLimits:
    """What jobs of one kind may be. `volume_key` is None for instance types that encrypt their own drives."""

    instance_types: Sequence[str]
    max_runtime_seconds: int
    volume_key: str | None
    output_keys: Sequence[str]

    def conditions(self, placement: Placement) -> dict[str, dict[str, object]]:
        """A key that is absent from the request fails each of these: the set operators need the Null for that."""
        sets: dict[str, object] = {
            "sagemaker:InstanceTypes": list(self.instance_types),
            "sagemaker:VpcSubnets": placement.subnet_ids,
            "sagemaker:VpcSecurityGroupIds": [placement.security_group_id],
        }
        keys: dict[str, object] = {"sagemaker:OutputKmsKeyArn": list(self.output_keys)}
        if self.volume_key:
            keys["sagemaker:VolumeKmsKeyArn"] = self.volume_key
        return {
            "ForAllValues:StringEquals": sets,
            "Null": dict.fromkeys(sets, "false"),
            "ArnEquals": keys,
            "Bool": {"sagemaker:NetworkIsolation": "true", "sagemaker:InterContainerTrafficEncryption": "true"},
            "NumericLessThanEquals": {"sagemaker:MaxRuntimeInSeconds": str(self.max_runtime_seconds)},
        }

    def transform_conditions(self, models: Sequence[str]) -> dict[str, dict[str, object]]:
        """A transform job has no place of its own: it is where its model is, one of `models` (ARN patterns)."""
        types = "sagemaker:InstanceTypes"
        keys: dict[str, object] = {"sagemaker:OutputKmsKeyArn": list(self.output_keys)}
        if self.volume_key:
            keys["sagemaker:VolumeKmsKeyArn"] = self.volume_key
        return {
            "ForAllValues:StringEquals": {types: list(self.instance_types)},
            "Null": {types: "false"},
            "ArnEquals": keys,
            "ArnLike": {"sagemaker:ModelArn": list(models)},
        }
