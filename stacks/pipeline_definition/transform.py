"""The steps that predict whole files: a model of a candidate's artifact, and a batch transform job with it."""

from __future__ import annotations

from typing import Any

from stacks.pipeline_definition.compute import Step
from stacks.pipeline_definition.functions import EXECUTION_ID, Value, join
from stacks.pipeline_definition.plan import PipelinePlan
from stacks.pipeline_definition.steps import INFERENCE_CODE

# What a record's end says of its content. Built-in algorithms read lines as CSV.
_CONTENT = {
    "None": "application/json",
    "Line": "application/jsonlines",
    "RecordIO": "application/x-recordio-protobuf",
    "TFRecord": "application/x-tfrecord",
}


def model(step: str, plan: PipelinePlan, name: str, artifact: Value) -> Step:
    """A model for the transform job alone: isolated and in the VPC, as one that serves."""
    candidate = plan.candidates[name]
    container: dict[str, Any] = {"Image": candidate.compute.image, "ModelDataUrl": artifact}
    if candidate.settings.entry_point:
        container["Environment"] = INFERENCE_CODE
    return {
        "Name": step,
        "Type": "Model",
        "Arguments": {
            "ExecutionRoleArn": plan.transform.role if plan.transform else "",
            "PrimaryContainer": container,
            "EnableNetworkIsolation": True,
            "VpcConfig": candidate.compute.vpc(),
        },
    }


def transform(step: str, plan: PipelinePlan, name: str, model_name: Value) -> Step:
    """A batch transform of what lies below `raw/<model>/<input>`, to `predictions/<model>/<execution>/`."""
    its = plan.settings.transform
    if its is None or plan.transform is None:
        raise ValueError(f"{plan.model} has no transform")
    lines = its.split == "Line"
    content = "text/csv" if lines and plan.candidates[name].settings.algorithm else _CONTENT[its.split]
    machine = plan.transform
    resources = {"InstanceType": machine.instance_type, "InstanceCount": machine.instances}
    key = {"VolumeKmsKeyId": machine.volume_key} if machine.volume_key else {}
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{plan.raw_bucket}/raw/{plan.model}/{its.input}"}
    return {
        "Name": step,
        "Type": "Transform",
        "Arguments": {
            "ModelName": model_name,
            "BatchStrategy": its.strategy,
            "MaxPayloadInMB": its.max_payload_mb,
            "MaxConcurrentTransforms": its.max_concurrent,
            "TransformInput": {
                "DataSource": {"S3DataSource": source},
                "ContentType": content,
                "CompressionType": "None",
                "SplitType": its.split,
            },
            "TransformOutput": {
                "S3OutputPath": join("/", f"s3://{plan.data_bucket}/predictions/{plan.model}", EXECUTION_ID),
                "Accept": content if lines else "application/json",
                "AssembleWith": "Line" if lines else "None",
                "KmsKeyId": machine.output_key,
            },
            "TransformResources": {**resources, **key},
            "DataProcessing": {
                "InputFilter": its.input_filter,
                "OutputFilter": its.output_filter,
                "JoinSource": its.join,
            },
        },
    }
