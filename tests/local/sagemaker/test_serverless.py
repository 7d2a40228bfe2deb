"""Serverless variants: processes come with requests and go when they are idle."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.cloud import eventually
from tests.local.sagemaker.test_endpoints import WAITING, servers_of
from tests.local.sagemaker.workshop import INFERENCE, Json, Workshop, unique


def _variant(model: str, *, concurrency: int = 2, **changes: Any) -> Json:
    config = {"MemorySizeInMB": 2048, "MaxConcurrency": concurrency, **changes}
    return {"VariantName": "only", "ModelName": model, "ServerlessConfig": config}


def _configuration(workshop: Workshop, *variants: Json, **changes: Any) -> str:
    name = unique("config")
    workshop.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=list(variants), **changes)
    return name


def _endpoint(workshop: Workshop, *, script: str = INFERENCE, **changes: Any) -> str:
    model = workshop.model(workshop.role(), "cold", script=script)
    return workshop.endpoint(_configuration(workshop, _variant(model, **changes)))


def should_start_a_process_with_the_first_request_and_keep_it_for_the_next(workshop: Workshop) -> None:
    endpoint = _endpoint(workshop)
    assert not servers_of(endpoint)
    assert workshop.invoke(endpoint) == ({"answer": "cold", "given": "hello"}, "only")
    (process,) = servers_of(endpoint)
    workshop.invoke(endpoint)
    assert [server.pid for server in servers_of(endpoint)] == [process.pid]
    found = workshop.sagemaker.describe_endpoint(EndpointName=endpoint)["ProductionVariants"][0]
    assert found["CurrentServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 2}
    assert found["CurrentInstanceCount"] == 0
    workshop.sagemaker.delete_endpoint(EndpointName=endpoint)
    assert not servers_of(endpoint)


def should_end_processes_that_nobody_asks_any_more(hurried: Workshop) -> None:
    endpoint = _endpoint(hurried)
    hurried.invoke(endpoint)
    assert eventually(lambda: not servers_of(endpoint))
    assert hurried.invoke(endpoint)[0]["answer"] == "cold"


def should_keep_the_provisioned_concurrency_ready(hurried: Workshop, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    endpoint = _endpoint(hurried, script=WAITING, ProvisionedConcurrency=1)
    assert len(servers_of(endpoint)) == 1
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(hurried.invoke, endpoint, str(gate))
        with gate.open("w"):
            hurried.invoke(endpoint, "another")
            assert len(servers_of(endpoint)) == 2
        pending.result()
    assert eventually(lambda: len(servers_of(endpoint)) == 1)


def should_throttle_what_exceeds_the_maximum_concurrency(workshop: Workshop, tmp_path: Path) -> None:
    endpoint, gates = _endpoint(workshop, script=WAITING), [tmp_path / "one", tmp_path / "two"]
    for gate in gates:
        os.mkfifo(gate)
    with ThreadPoolExecutor(2) as pool:
        pending = [pool.submit(workshop.invoke, endpoint, str(gate)) for gate in gates]
        with gates[0].open("w"), gates[1].open("w"):  # both are being worked on
            assert len(servers_of(endpoint)) == 2
            with pytest.raises(ClientError, match="MaxConcurrency, 2") as raised:
                workshop.invoke(endpoint)
        assert all(future.result()[0]["answer"] == "cold" for future in pending)
    assert raised.value.response["Error"]["Code"] == "ThrottlingException"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert workshop.invoke(endpoint)[0]["answer"] == "cold"


def should_change_the_concurrency_of_an_endpoint_that_serves(workshop: Workshop) -> None:
    endpoint = _endpoint(workshop)

    def change(**config: int) -> Json:
        desired = {"VariantName": "only", "ServerlessUpdateConfig": config}
        workshop.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=endpoint, DesiredWeightsAndCapacities=[desired]
        )
        found: Json = workshop.settled(endpoint)["ProductionVariants"][0]["CurrentServerlessConfig"]
        return found

    assert change(MaxConcurrency=5) == {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    assert change(ProvisionedConcurrency=2)["ProvisionedConcurrency"] == 2
    assert len(servers_of(endpoint)) == 2
    with pytest.raises(ClientError, match="ProvisionedConcurrency 6 must not be greater than MaxConcurrency 5"):
        change(ProvisionedConcurrency=6)
    with pytest.raises(ClientError, match="is serverless: it has no instances"):
        workshop.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=endpoint,
            DesiredWeightsAndCapacities=[{"VariantName": "only", "DesiredInstanceCount": 1}],
        )


def should_answer_a_model_error_when_the_process_does_not_become_healthy(workshop: Workshop) -> None:
    endpoint = _endpoint(workshop, script="raise RuntimeError('broken inference.py')")
    with pytest.raises(ClientError, match=r"ModelError.*did not pass the ping health check"):
        workshop.invoke(endpoint)
    assert not servers_of(endpoint)


def should_answer_the_next_request_after_a_process_died(workshop: Workshop) -> None:
    endpoint = _endpoint(workshop)
    with pytest.raises(ClientError, match="ModelError"):
        workshop.invoke(endpoint, "crash")
    assert eventually(lambda: not servers_of(endpoint))
    assert workshop.invoke(endpoint)[0]["answer"] == "cold"


def should_take_bodies_of_four_megabytes_at_most(workshop: Workshop) -> None:
    endpoint = _endpoint(workshop)
    workshop.invoke(endpoint, "x" * (4 * 1024 * 1024 - 2))
    with pytest.raises(ClientError, match="exceeds the limit of 4194304"):
        workshop.invoke(endpoint, "x" * (4 * 1024 * 1024 - 1))


def should_replace_a_serverless_variant_and_lose_no_request(workshop: Workshop) -> None:
    endpoint = _endpoint(workshop, concurrency=20)
    workshop.invoke(endpoint)
    green = _configuration(workshop, _variant(workshop.model(workshop.role(), "new"), concurrency=20))
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(workshop.invoke, endpoint) for _ in range(40)]
        workshop.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=green)
        assert workshop.settled(endpoint)["EndpointConfigName"] == green
        assert {future.result()[0]["answer"] for future in asked} <= {"cold", "new"}
    assert workshop.invoke(endpoint)[0]["answer"] == "new"


def should_refuse_what_serverless_inference_excludes(workshop: Workshop) -> None:
    role = workshop.role()
    model = workshop.model(role, "x")
    instances = {"VariantName": "other", "ModelName": model, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    capture = {
        "EnableCapture": True, "InitialSamplingPercentage": 20, "DestinationS3Uri": f"s3://{workshop.bucket}/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }  # fmt: skip
    with pytest.raises(ClientError, match=r"not supported using this configuration: .* several variants"):
        _configuration(workshop, _variant(model), instances)
    with pytest.raises(ClientError, match=r"not supported using this configuration: .* DataCaptureConfig"):
        _configuration(workshop, _variant(model), DataCaptureConfig=capture)
    with pytest.raises(ClientError, match=r"not supported using this configuration: .* KmsKeyId"):
        _configuration(workshop, _variant(model), KmsKeyId="key")
    with pytest.raises(ClientError, match="InstanceType"):
        _configuration(workshop, {**_variant(model), "InstanceType": "ml.m5.large"})
    with pytest.raises(ClientError, match="MemorySizeInMB 1500"):
        _configuration(workshop, _variant(model, MemorySizeInMB=1500))
    with pytest.raises(ClientError, match="ProvisionedConcurrency 3 must not be greater than MaxConcurrency 2"):
        _configuration(workshop, _variant(model, ProvisionedConcurrency=3))
    endpoint = workshop.endpoint(workshop.configuration(("only", model, 1)))
    with pytest.raises(ClientError, match="cannot become serverless"):
        workshop.sagemaker.update_endpoint(
            EndpointName=endpoint, EndpointConfigName=_configuration(workshop, _variant(model))
        )
    canary = {"Type": "CAPACITY_PERCENT", "Value": 10}
    routing = {"Type": "CANARY", "WaitIntervalInSeconds": 60, "CanarySize": canary}
    cold = _endpoint(workshop)
    with pytest.raises(ClientError, match="Serverless Inference with CANARY traffic routing"):
        workshop.sagemaker.update_endpoint(
            EndpointName=cold,
            EndpointConfigName=_configuration(workshop, _variant(model)),
            DeploymentConfig={"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}},
        )
    with pytest.raises(ClientError, match="takes no ServerlessUpdateConfig"):
        workshop.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=endpoint,
            DesiredWeightsAndCapacities=[{"VariantName": "only", "ServerlessUpdateConfig": {"MaxConcurrency": 1}}],
        )


@pytest.mark.parametrize(
    "changes",
    [
        {"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}},
        {"EnableNetworkIsolation": True},
    ],
)
def should_refuse_models_of_a_network_in_a_serverless_variant(workshop: Workshop, changes: Json) -> None:
    model, container = unique("model"), {"Image": "image", "ModelDataUrl": "s3://nowhere/model.tar.gz"}
    workshop.sagemaker.create_model(
        ModelName=model, PrimaryContainer=container, ExecutionRoleArn=workshop.role(), **changes
    )  # fmt: skip
    with pytest.raises(ClientError, match=f"Serverless Inference with {next(iter(changes))} of model {model}"):
        _configuration(workshop, _variant(model))


def should_refuse_an_inference_pipeline_in_a_serverless_variant(workshop: Workshop) -> None:
    model, container = unique("model"), {"Image": "image", "ModelDataUrl": "s3://nowhere/model.tar.gz"}
    workshop.sagemaker.create_model(
        ModelName=model, Containers=[container, container], ExecutionRoleArn=workshop.role()
    )  # fmt: skip
    with pytest.raises(ClientError, match=f"with the inference pipeline of model {model}"):
        _configuration(workshop, _variant(model))
