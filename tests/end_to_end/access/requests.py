"""Arguments of the larger calls, as secure as they must be: each denied case changes one thing of them."""

from __future__ import annotations

from typing import Any

ARN = "arn:aws:sagemaker:eu-west-1:$account"
PROJECT = {"Key": "project", "Value": "reviews"}
OTHER_PROJECT = {"Key": "project", "Value": "other"}
# Nothing is computed: the matrix asks who may start what, not what it does.
IDLE = ["python", "-c", "import time; time.sleep(60)"]


def training_job(name: str, **more: Any) -> dict[str, Any]:
    """CreateTrainingJob."""
    return {
        "TrainingJobName": name,
        "RoleArn": "$training_role",
        "AlgorithmSpecification": {
            "TrainingImage": "$image",
            "TrainingInputMode": "File",
            "ContainerEntrypoint": IDLE,
        },
        "OutputDataConfig": {"S3OutputPath": "s3://$artifacts/models/reviews/", "KmsKeyId": "$artifacts_key"},
        "ResourceConfig": {
            "InstanceType": "ml.m5.xlarge",
            "InstanceCount": 1,
            "VolumeSizeInGB": 1,
            "VolumeKmsKeyId": "$data_key",
        },
        "VpcConfig": {"Subnets": ["$subnet"], "SecurityGroupIds": ["$group"]},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "EnableNetworkIsolation": True,
        "EnableInterContainerTrafficEncryption": True,
        **more,
    }


def processing_job(name: str, **more: Any) -> dict[str, Any]:
    """CreateProcessingJob."""
    return {
        "ProcessingJobName": name,
        "RoleArn": "$processing_role",
        "AppSpecification": {"ImageUri": "$image", "ContainerEntrypoint": IDLE},
        "ProcessingOutputConfig": {"Outputs": [], "KmsKeyId": "$data_key"},
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceType": "ml.m5.xlarge",
                "InstanceCount": 1,
                "VolumeSizeInGB": 1,
                "VolumeKmsKeyId": "$data_key",
            }
        },
        "NetworkConfig": {
            "VpcConfig": {"Subnets": ["$subnet"], "SecurityGroupIds": ["$group"]},
            "EnableNetworkIsolation": True,
            "EnableInterContainerTrafficEncryption": True,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        **more,
    }
