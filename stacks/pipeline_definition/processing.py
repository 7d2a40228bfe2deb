"""The steps that run a script in a processing job. Arguments are named after the API's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stacks.pipeline_definition.compute import ISOLATED, Compute, Step
from stacks.pipeline_definition.functions import Value

PROCESSING = "/opt/ml/processing"
# A processing image runs one command and knows nothing of archives: unpack the code, then become the script.
_UNPACK_AND_RUN = 'cd "$(mktemp -d)" && tar -xzf /opt/ml/processing/input/code/*.gz && exec python3 "$@"'


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
            "S3Output": {"S3Uri": self.uri, "LocalPath": local, "S3UploadMode": "EndOfJob"},
        }


def processing(
    name: str,
    *,
    compute: Compute,
    entry_point: str,
    arguments: Mapping[str, Value],
    inputs: Sequence[ProcessingInput],
    outputs: Sequence[ProcessingOutput],
    property_files: Mapping[str, tuple[str, str]] | None = None,
) -> Step:
    """A job of a script from the `code` input. `property_files`: name -> (output, file inside it)."""
    flags = [part for key, value in arguments.items() for part in (f"--{key.replace('_', '-')}", value)]
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
            "NetworkConfig": {**ISOLATED, "VpcConfig": compute.vpc()},
            "StoppingCondition": {"MaxRuntimeInSeconds": compute.max_runtime_seconds},
        },
    }
    if property_files:
        step["PropertyFiles"] = [
            {"PropertyFileName": key, "OutputName": output, "FilePath": path}
            for key, (output, path) in property_files.items()
        ]
    return step
