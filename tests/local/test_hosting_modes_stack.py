"""The hosting modes in a stack: CloudFormation hands numbers over as strings, and everything arrives."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.local import stacks
from tests.local.cloud import LocalCloud
from tests.local.sagemaker.workshop import INFERENCE, Json, Workshop, archive, unique

_INSTANCES = {"InstanceType": "ml.m5.large", "InitialInstanceCount": "1", "InitialVariantWeight": "1"}
_SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": "2048", "MaxConcurrency": "5", "ProvisionedConcurrency": "1"}}


def _template(role: str, containers: list[Json], variant: Json, **configuration: Any) -> stacks.Template:
    model = {"Fn::GetAtt": ["Hosted", "ModelName"]}
    listed = {
        kind: [{**each, "ModelName": model} for each in given] if kind.endswith("Variants") else given
        for kind, given in {"ProductionVariants": [{"VariantName": "only", **variant}], **configuration}.items()
    }
    endpoint = {"EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}}
    resources = {
        "Hosted": ("Model", {"ExecutionRoleArn": role, "Containers": containers}),
        "Config": ("EndpointConfig", listed),
        "Endpoint": ("Endpoint", endpoint),
    }
    return {
        "Resources": {
            name: {"Type": f"AWS::SageMaker::{noun}", "Properties": given} for name, (noun, given) in resources.items()
        },
        "Outputs": {"Name": {"Value": {"Fn::GetAtt": ["Endpoint", "EndpointName"]}}},
    }


def _container(workshop: Workshop) -> Json:
    content = archive(model_json=json.dumps({"answer": "good"}), code__inference_py=INFERENCE)
    return {"Image": "image", "ModelDataUrl": workshop.put(f"models/{unique('model')}/model.tar.gz", content)}


@pytest.mark.parametrize("mode", ["pipeline", "shadow", "serverless", "asynchronous"])
def should_host_each_mode_from_a_template(local_cloud: LocalCloud, workshop: Workshop, mode: str) -> None:
    shadow = {"VariantName": "shadow", **_INSTANCES, "InitialVariantWeight": "0.2"}
    asynchronous = {
        "ClientConfig": {"MaxConcurrentInvocationsPerInstance": "3"},
        "OutputConfig": {"S3OutputPath": f"s3://{workshop.bucket}/output"},
    }
    modes: dict[str, tuple[Json, Json]] = {
        "pipeline": (_INSTANCES, {"MetricsConfig": {"MetricPublishFrequencyInSeconds": "30"}}),
        "shadow": (_INSTANCES, {"ShadowProductionVariants": [shadow]}),
        "serverless": (_SERVERLESS, {}),
        "asynchronous": (_INSTANCES, {"AsyncInferenceConfig": asynchronous}),
    }
    variant, changes = modes[mode]
    containers = [_container(workshop) for _ in range(2 if mode == "pipeline" else 1)]
    name = unique(mode)
    stack = stacks.deploy(local_cloud, name, _template(workshop.role(), containers, variant, **changes))
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.failures(local_cloud, name)
    endpoint = stack["Outputs"][0]["OutputValue"]
    described = workshop.sagemaker.describe_endpoint(EndpointName=endpoint)
    if mode == "asynchronous":
        assert described["AsyncInferenceConfig"]["ClientConfig"] == {"MaxConcurrentInvocationsPerInstance": 3}
    elif mode == "pipeline":
        assert workshop.invoke(endpoint)[0]["given"] == {"answer": "good", "given": "hello"}
        configuration = workshop.sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
        assert configuration["MetricsConfig"] == {"MetricPublishFrequencyInSeconds": 30}
    else:
        assert workshop.invoke(endpoint)[0]["answer"] == "good"
    if mode == "shadow":
        assert described["ShadowProductionVariants"][0]["CurrentWeight"] == pytest.approx(0.2)
    if mode == "serverless":
        assert described["ProductionVariants"][0]["CurrentServerlessConfig"]["ProvisionedConcurrency"] == 1
    local_cloud.client("cloudformation").delete_stack(StackName=name)
    assert stacks.settled(local_cloud, stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
