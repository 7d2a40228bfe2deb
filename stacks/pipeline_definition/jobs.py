"""The steps that run a job. Arguments are named after the API's; what is secure is not an argument."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stacks.pipeline_definition.functions import Value

Step = dict[str, Any]
PROCESSING = "/opt/ml/processing"
# A processing image runs one command and knows nothing of archives: unpack the code, then become the script.
_UNPACK_AND_RUN = 'cd "$(mktemp -d)" && tar -xzf /opt/ml/processing/input/code/*.gz && exec python3 "$@"'


@dataclass(frozen=True)
class Compute:
    """The machine of a job and everything around it. `volume_key` is None where the family refuses one."""

    image: str
    role: str
    instance_type: str
    volume_gb: int
    volume_key: str | None
    output_key: str
    max_runtime_seconds: int
    subnets: Sequence[str]
    security_groups: Sequence[str]

    def cluster(self) -> dict[str, Any]:
        """The resources of the job."""
        cluster: dict[str, Any] = {
            "InstanceCount": 1,
            "InstanceType": self.instance_type,
            "VolumeSizeInGB": self.volume_gb,
        }
        return cluster | ({"VolumeKmsKeyId": self.volume_key} if self.volume_key else {})

    def vpc(self) -> dict[str, Any]:
        """The job's place in the VPC."""
        return {"Subnets": list(self.subnets), "SecurityGroupIds": list(self.security_groups)}


@dataclass(frozen=True)
class ProcessingInput:
    """What SageMaker copies to `/opt/ml/processing/input/<name>` before the job."""

    name: str
    uri: Value
    data_type: str = "S3Prefix"

    def render(self) -> dict[str, Any]:
        """ProcessingInput of the API."""
        return {
            "InputName": self.name.replace("/", "-"),
            "AppManaged": False,
            "S3Input": {
                "S3Uri": self.uri,
                "LocalPath": f"{PROCESSING}/input/{self.name}",
                "S3DataType": self.data_type,
                "S3InputMode": "File",
                "S3DataDistributionType": "FullyReplicated",
                "S3CompressionType": "None",
            },
        }


@dataclass(frozen=True)
class ProcessingOutput:
    """What SageMaker copies from `/opt/ml/processing/output/<name>` to `uri` after the job."""

    name: str
    uri: Value

    def render(self) -> dict[str, Any]:
        """ProcessingOutput of the API."""
        local = f"{PROCESSING}/output/{self.name}"
        return {
            "OutputName": self.name,
            "AppManaged": False,
            "S3Output": {"S3Uri": self.uri, "LocalPath": local, "S3UploadMode": "EndOfJob"},
        }


def processing(
    name: str,
    *,
    compute: Compute,
    entry_point: str,
    arguments: Mapping[str, object],
    inputs: Sequence[ProcessingInput],
    outputs: Sequence[ProcessingOutput],
    property_files: Mapping[str, tuple[str, str]] | None = None,
) -> Step:
    """A job of a script from the `code` input. `property_files`: name -> (output, file inside it)."""
    flags = [str(part) for key, value in arguments.items() for part in (f"--{key.replace('_', '-')}", value)]
    step: Step = {
        "Name": name,
        "Type": "Processing",
        "Arguments": {
            "ProcessingResources": {"ClusterConfig": compute.cluster()},
            "AppSpecification": {
                "ImageUri": compute.image,
                "ContainerEntrypoint": ["/bin/sh", "-ec", _UNPACK_AND_RUN, "sh"],
                "ContainerArguments": [entry_point, *flags],
            },
            "Environment": {"SM_OUTPUT_DIR": "/opt/ml/output", "PYTHONUNBUFFERED": "1"},
            "RoleArn": compute.role,
            "ProcessingInputs": [each.render() for each in inputs],
            "ProcessingOutputConfig": {
                "KmsKeyId": compute.output_key,
                "Outputs": [each.render() for each in outputs],
            },
            "NetworkConfig": {
                "EnableNetworkIsolation": True,
                "EnableInterContainerTrafficEncryption": True,
                "VpcConfig": compute.vpc(),
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": compute.max_runtime_seconds},
        },
    }
    if property_files:
        step["PropertyFiles"] = [
            {"PropertyFileName": key, "OutputName": output, "FilePath": path}
            for key, (output, path) in property_files.items()
        ]
    return step


@dataclass(frozen=True)
class Script:
    """A training script in the `code` channel. An isolated job cannot fetch code itself, so code is a channel."""

    entry_point: str
    archive_uri: Value
    archive_name: str
    region: str
    hyperparameters: Mapping[str, object] = field(default_factory=dict)

    def render(self) -> dict[str, str]:
        """Hyperparameters as the training toolkit reads them: JSON values in strings."""
        toolkit = {
            "sagemaker_program": self.entry_point,
            "sagemaker_submit_directory": f"/opt/ml/input/data/code/{self.archive_name}",
            "sagemaker_region": self.region,
        }
        return {key: json.dumps(value) for key, value in {**self.hyperparameters, **toolkit}.items()}


def training(
    name: str,
    *,
    compute: Compute,
    script: Script,
    channels: Mapping[str, Value],
    output: Value,
    metrics: Mapping[str, str],
) -> Step:
    """A training job; `channels`: name -> S3 prefix; `metrics`: name -> regular expression over the log."""
    return {
        "Name": name,
        "Type": "Training",
        "Arguments": {
            "AlgorithmSpecification": {
                "TrainingImage": compute.image,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": key, "Regex": regex} for key, regex in metrics.items()],
            },
            "HyperParameters": script.render(),
            "RoleArn": compute.role,
            "InputDataConfig": [_channel(key, uri) for key, uri in {**channels, "code": script.archive_uri}.items()],
            "OutputDataConfig": {"S3OutputPath": output, "KmsKeyId": compute.output_key},
            "ResourceConfig": compute.cluster(),
            "StoppingCondition": {"MaxRuntimeInSeconds": compute.max_runtime_seconds},
            "VpcConfig": compute.vpc(),
            "EnableNetworkIsolation": True,
            "EnableInterContainerTrafficEncryption": True,
        },
    }


def _channel(name: str, uri: Value) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, "CompressionType": "None"}
