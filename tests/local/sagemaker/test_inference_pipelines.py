"""Inference pipelines: a request passes a model's containers in turn, each a process of its own."""

from __future__ import annotations

import json
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from tests.local.cloud import eventually
from tests.local.running import Environment, running
from tests.local.sagemaker.workshop import Json, Workshop, archive, unique

# Each container adds what it saw to what it was given, and answers in its own content type.
TRACING = """
import json, os

def model_fn(model_dir):
    return os.environ["NAME"]

def input_fn(body, content_type):
    text = body if isinstance(body, str) else body.decode()
    return {"type": content_type, "body": json.loads(text)}

def predict_fn(data, model):
    if model == os.environ.get("BROKEN"):
        raise ValueError(f"{model} is broken")
    return [*data["body"], {"container": model, "type": data["type"], "process": os.getpid()}]

def output_fn(prediction, accept):
    return json.dumps([*prediction[:-1], {**prediction[-1], "accept": accept}]), os.environ.get("ANSWERS", accept)
"""


def _container(workshop: Workshop, name: str, *, script: str = TRACING, **environment: str) -> Json:
    url = workshop.put(f"models/{unique('model')}/model.tar.gz", archive(code__inference_py=script))
    return {"Image": "image", "ModelDataUrl": url, "Environment": {"NAME": name, **environment}}


def _model(workshop: Workshop, *containers: Json, **changes: Any) -> str:
    name = unique("pipeline")
    arguments = {"ExecutionRoleArn": workshop.role(), "Containers": list(containers), **changes}
    workshop.sagemaker.create_model(ModelName=name, **arguments)
    return name


def _endpoint(workshop: Workshop, *containers: Json) -> str:
    return workshop.endpoint(workshop.configuration(("only", _model(workshop, *containers), 1)))


def _invoke(workshop: Workshop, endpoint: str) -> tuple[list[Json], str]:
    answer = workshop.runtime.invoke_endpoint(
        EndpointName=endpoint, Body=b"[]", ContentType="application/json", Accept="text/x-last"
    )
    return json.loads(answer["Body"].read()), answer["ContentType"]


def should_make_the_answer_of_one_container_the_request_of_the_next(workshop: Workshop) -> None:
    endpoint = _endpoint(
        workshop,
        _container(workshop, "first", ANSWERS="text/x-first"),
        _container(workshop, "second"),
        _container(workshop, "third"),
    )
    seen, content_type = _invoke(workshop, endpoint)
    assert [(one["container"], one["type"], one["accept"]) for one in seen] == [
        ("first", "application/json", "application/json"),
        ("second", "text/x-first", "application/json"),
        ("third", "application/json", "text/x-last"),
    ]
    assert content_type == "text/x-last"
    assert {one["process"] for one in seen} == {server.pid for server in _servers(endpoint)}


def should_run_one_process_per_container_on_every_instance(workshop: Workshop) -> None:
    endpoint = _endpoint(workshop, _container(workshop, "first"), _container(workshop, "second"))
    workshop.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint, DesiredWeightsAndCapacities=[{"VariantName": "only", "DesiredInstanceCount": 2}]
    )
    assert workshop.settled(endpoint)["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert len(_servers(endpoint)) == 4
    workshop.sagemaker.delete_endpoint(EndpointName=endpoint)
    assert not _servers(endpoint)


def should_answer_with_the_error_of_the_container_that_failed(workshop: Workshop) -> None:
    endpoint = _endpoint(
        workshop, _container(workshop, "first"), _container(workshop, "second", BROKEN="second")
    )  # fmt: skip
    with pytest.raises(ClientError, match=r"server error \(500\) from container-2") as raised:
        _invoke(workshop, endpoint)
    assert raised.value.response["OriginalMessage"] == '{"error": "second is broken"}'


def should_name_the_containers_by_their_host_names(workshop: Workshop) -> None:
    endpoint = _endpoint(
        workshop,
        {**_container(workshop, "first", BROKEN="first"), "ContainerHostname": "prepare"},
        {**_container(workshop, "second"), "ContainerHostname": "predict"},
    )
    with pytest.raises(ClientError, match=r"server error \(500\) from prepare"):
        _invoke(workshop, endpoint)
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    logs = workshop.cloud.client("logs")

    def containers() -> bool:
        names = [stream["logStreamName"] for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]]
        return {tuple(name.split("/")[::2]) for name in names} == {("only", "prepare"), ("only", "predict")}

    assert eventually(containers)


def should_be_healthy_only_when_every_container_is(workshop: Workshop) -> None:
    broken = _container(workshop, "second", script="raise RuntimeError('second does not load')")
    model = _model(workshop, _container(workshop, "first"), broken)
    name = unique("endpoint")
    workshop.sagemaker.create_endpoint(
        EndpointName=name, EndpointConfigName=workshop.configuration(("only", model, 1))
    )  # fmt: skip
    found = workshop.settled(name)
    reason = "The container-2 container for production variant only did not pass the ping health check."
    assert found["EndpointStatus"] == "Failed" and found["FailureReason"].startswith(reason)
    assert "second does not load" in found["FailureReason"]
    assert not _servers(name)


def _package(workshop: Workshop, *containers: Json) -> str:
    group = unique("group")
    workshop.sagemaker.create_model_package_group(ModelPackageGroupName=group)
    return str(
        workshop.sagemaker.create_model_package(
            ModelPackageGroupName=group,
            ModelApprovalStatus="Approved",
            InferenceSpecification={
                "Containers": list(containers),
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
        )["ModelPackageArn"]
    )


def should_serve_the_containers_of_a_model_package(workshop: Workshop) -> None:
    package = _package(workshop, _container(workshop, "first"), _container(workshop, "second"))
    endpoint = _endpoint(workshop, _container(workshop, "before"), {"ModelPackageName": package})
    assert [one["container"] for one in _invoke(workshop, endpoint)[0]] == ["before", "first", "second"]


def should_refuse_pipelines_that_aws_refuses(workshop: Workshop) -> None:
    container = {"Image": "image", "ModelDataUrl": "s3://nowhere/model.tar.gz"}
    with pytest.raises(ClientError, match="1 to 15 containers, not 0"):
        _model(workshop)
    with pytest.raises(ClientError, match="length less than or equal to 15"):
        _model(workshop, *[container] * 16)
    with pytest.raises(ClientError, match="either PrimaryContainer or Containers"):
        _model(workshop, container, PrimaryContainer=container)
    with pytest.raises(ClientError, match="ContainerHostname of its own"):
        _model(workshop, {**container, "ContainerHostname": "named"}, container)
    with pytest.raises(ClientError, match="Mode Direct is not supported"):
        _model(workshop, container, container, InferenceExecutionConfig={"Mode": "Direct"})
    source = {"S3Uri": "s3://nowhere/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    package = _package(workshop, {"Image": "image", "ModelDataSource": {"S3DataSource": source}})
    with pytest.raises(ClientError, match="container: ModelDataSource is not supported"):
        _model(workshop, {"ModelPackageName": package})
    with pytest.raises(ClientError, match="Image or a ModelPackageName"):
        _model(workshop, container, {"ModelDataUrl": "s3://nowhere/model.tar.gz"})


def _servers(endpoint: str) -> list[psutil.Process]:
    def matches(command: list[str], _environment: Environment) -> bool:
        text = " ".join(command)
        return "model_server.py" in text and f"/{endpoint}-" in text

    return running(matches)
