"""Asynchronous endpoints: requests wait in a queue, inputs and answers are in S3, messages go to topics."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import json
import os
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest
from botocore.exceptions import ClientError

from local.sagemaker import async_notifications, async_requests
from local.sagemaker.async_queue import InvocationQueue
from local.sagemaker.asynchronous import AsyncEndpoint
from local.sagemaker.chain import GONE, ContainerFailure
from local.sagemaker.connections import Response
from local.sagemaker.errors import ApiError
from tests.local.cloud import eventually
from tests.local.sagemaker.test_endpoints import servers_of
from tests.local.sagemaker.workshop import Json, Workshop, archive, arn, unique
from tests.local.stacks import credentials_of, document, make_role

# It writes each request down when it comes; one with a path is answered when somebody has written into that pipe.
RECORDING = """
import json, os

def model_fn(model_dir):
    return os.environ["SEEN"]

def input_fn(body, content_type):
    return {"type": content_type, "text": body if isinstance(body, str) else body.decode()}

def predict_fn(data, model):
    with open(model, "a") as file:
        file.write(data["text"] + "\\n")
    if data["text"].startswith("/"):
        open(data["text"]).read()
    if data["text"] == "raise":
        raise ValueError("no such review")
    return {"model": os.path.basename(model), **data}

def output_fn(prediction, accept):
    return json.dumps(prediction), accept
"""
_ACTIONS = ("s3:*", "logs:*", "sns:Publish")


def _model(workshop: Workshop, seen: Path, role: str | None = None) -> str:
    url = workshop.put(f"models/{unique('model')}/model.tar.gz", archive(code__inference_py=RECORDING))
    container = {"Image": "image", "ModelDataUrl": url, "Environment": {"SEEN": str(seen)}}
    name, role = unique("model"), role or workshop.role(actions=_ACTIONS)
    workshop.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=role)
    return name


def _configuration(workshop: Workshop, model: str, *, concurrency: int = 4, **output: Any) -> str:
    name = unique("config")
    size = {"InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    places = {
        "S3OutputPath": f"s3://{workshop.bucket}/output/",
        "S3FailurePath": f"s3://{workshop.bucket}/failure",
    }
    workshop.sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[{"VariantName": "only", "ModelName": model, **size}],
        AsyncInferenceConfig={
            "OutputConfig": {**places, **output},
            "ClientConfig": {"MaxConcurrentInvocationsPerInstance": concurrency},
        },
    )
    return name


def _endpoint(workshop: Workshop, seen: Path, **options: Any) -> str:
    return workshop.endpoint(_configuration(workshop, _model(workshop, seen), **options))


def _ask(workshop: Workshop, endpoint: str, text: str, **options: Any) -> Json:
    location = workshop.put(f"input/{unique('input')}", text)
    given = {"InputLocation": location, "ContentType": "text/plain", **options}
    answer: Json = workshop.runtime.invoke_endpoint_async(EndpointName=endpoint, **given)
    return answer


def _written(workshop: Workshop, location: str) -> str:
    """What was written to an S3 location, once it is there."""
    key = location.removeprefix(f"s3://{workshop.bucket}/")

    def content() -> str | None:
        try:
            return workshop.text(key)
        except ClientError:
            return None

    found = eventually(content)
    assert found is not None
    return found


def _seen(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def _scaled(workshop: Workshop, endpoint: str, count: int) -> None:
    desired = [{"VariantName": "only", "DesiredInstanceCount": count}]
    workshop.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint, DesiredWeightsAndCapacities=desired
    )  # fmt: skip
    assert workshop.settled(endpoint)["ProductionVariants"][0]["CurrentInstanceCount"] == count


def _topic(workshop: Workshop) -> tuple[str, Any]:
    """A topic, and a function that answers its next message."""
    sqs, sns = workshop.cloud.client("sqs"), workshop.cloud.client("sns")
    name = unique("topic")
    topic = sns.create_topic(Name=name)["TopicArn"]
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue_arn}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": document(allowed)})
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn, Attributes=raw)

    def message() -> Json:
        received = eventually(lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"))
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=received[0]["ReceiptHandle"])
        found: Json = json.loads(received[0]["Body"])
        return found

    return topic, message


def should_read_the_input_from_s3_and_write_the_answer_there(workshop: Workshop, tmp_path: Path) -> None:
    endpoint = _endpoint(workshop, tmp_path / "seen")
    answer = _ask(workshop, endpoint, "a review", InferenceId="mine", Accept="text/x-answer")
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["InferenceId"]) == (202, "mine")
    assert answer["OutputLocation"].startswith(f"s3://{workshop.bucket}/output/")
    assert answer["FailureLocation"].startswith(f"s3://{workshop.bucket}/failure/")
    expected = {"model": "seen", "type": "text/plain", "text": "a review"}
    assert json.loads(_written(workshop, answer["OutputLocation"])) == expected
    assert _seen(tmp_path / "seen") == ["a review"]
    key = answer["OutputLocation"].removeprefix(f"s3://{workshop.bucket}/")
    assert workshop.s3.head_object(Bucket=workshop.bucket, Key=key)["ContentType"] == "text/x-answer"
    described = workshop.sagemaker.describe_endpoint(EndpointName=endpoint)["AsyncInferenceConfig"]
    assert described["ClientConfig"] == {"MaxConcurrentInvocationsPerInstance": 4}


def should_take_a_small_input_with_the_call(workshop: Workshop, tmp_path: Path) -> None:
    endpoint = _endpoint(workshop, tmp_path / "seen")
    answer = workshop.runtime.invoke_endpoint_async(EndpointName=endpoint, Body=b"inline", ContentType="text/plain")
    assert json.loads(_written(workshop, answer["OutputLocation"]))["text"] == "inline"


def should_tell_the_topics_what_became_of_a_request(workshop: Workshop, tmp_path: Path) -> None:
    (good, next_good), (bad, next_bad) = _topic(workshop), _topic(workshop)
    told = {"SuccessTopic": good, "ErrorTopic": bad, "IncludeInferenceResponseIn": ["ERROR_NOTIFICATION_TOPIC"]}
    endpoint = _endpoint(workshop, tmp_path / "seen", NotificationConfig=told)
    answer = _ask(workshop, endpoint, "fine")
    message = next_good()
    assert message["invocationStatus"] == "Completed" and message["inferenceId"] == answer["InferenceId"]
    assert message["responseParameters"]["outputLocation"] == answer["OutputLocation"]
    assert message["requestParameters"]["endpointName"] == endpoint and "responseBody" not in message
    assert (message["eventSource"], message["eventName"]) == ("aws:sagemaker", "InferenceResult")

    answer = _ask(workshop, endpoint, "raise")
    message = next_bad()
    assert message["invocationStatus"] == "Failed" and message["inferenceId"] == answer["InferenceId"]
    assert "Received server error (500) from primary" in message["failureReason"]
    assert "no such review" in message["responseBody"]["content"]
    assert "no such review" in _written(workshop, answer["FailureLocation"])


def should_fail_a_request_whose_input_is_missing(workshop: Workshop, tmp_path: Path) -> None:
    topic, next_message = _topic(workshop)
    endpoint = _endpoint(workshop, tmp_path / "seen", NotificationConfig={"ErrorTopic": topic})
    location = f"s3://{workshop.bucket}/input/{unique('missing')}"
    answer = workshop.runtime.invoke_endpoint_async(EndpointName=endpoint, InputLocation=location)
    assert f"The input {location} cannot be read" in _written(workshop, answer["FailureLocation"])
    assert "NoSuchKey" in next_message()["failureReason"]
    assert not _seen(tmp_path / "seen")


def should_read_and_write_with_the_models_role(workshop: Workshop, tmp_path: Path) -> None:
    name = unique("role")
    everything = {"Action": ["s3:GetObject", "s3:PutObject", "logs:*"], "Resource": "*"}
    not_the_input = {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{workshop.bucket}/input/*"}
    role = make_role(workshop.cloud, name, "sagemaker.amazonaws.com", everything)
    denied = document({"Effect": "Deny", **not_the_input})
    workshop.cloud.client("iam").put_role_policy(RoleName=name, PolicyName="denied", PolicyDocument=denied)
    endpoint = workshop.endpoint(_configuration(workshop, _model(workshop, tmp_path / "seen", role)))
    answer = _ask(workshop, endpoint, "secret")
    assert "AccessDenied" in _written(workshop, answer["FailureLocation"])
    assert not _seen(tmp_path / "seen")


def should_give_an_instance_so_many_requests_at_a_time(workshop: Workshop, tmp_path: Path) -> None:
    seen, gate = tmp_path / "seen", tmp_path / "gate"
    os.mkfifo(gate)
    endpoint = _endpoint(workshop, seen, concurrency=1)
    first = _ask(workshop, endpoint, str(gate))
    with gate.open("w"):  # opens once the model works on it
        second = _ask(workshop, endpoint, "second")
        _scaled(workshop, endpoint, 2)
        _written(workshop, second["OutputLocation"])  # by the instance that came
        third = [_ask(workshop, endpoint, f"third {n}") for n in range(3)]
        for answer in third:
            _written(workshop, answer["OutputLocation"])
        assert len(_seen(seen)) == 5
    _written(workshop, first["OutputLocation"])


def should_keep_requests_while_there_is_no_instance(workshop: Workshop, tmp_path: Path) -> None:
    endpoint = _endpoint(workshop, tmp_path / "seen")
    _scaled(workshop, endpoint, 0)
    assert not servers_of(endpoint)
    answers = [_ask(workshop, endpoint, f"request {n}") for n in range(3)]
    _scaled(workshop, endpoint, 1)
    for answer in answers:
        _written(workshop, answer["OutputLocation"])
    assert sorted(_seen(tmp_path / "seen")) == ["request 0", "request 1", "request 2"]


def should_lose_nothing_that_is_queued_when_the_endpoint_is_updated(workshop: Workshop, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    endpoint = _endpoint(workshop, tmp_path / "blue", concurrency=1)
    first = _ask(workshop, endpoint, str(gate))
    with gate.open("w"):
        waiting = [_ask(workshop, endpoint, f"request {n}") for n in range(3)]
        green = _configuration(workshop, _model(workshop, tmp_path / "green"), concurrency=1)
        workshop.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=green)
        written = [json.loads(_written(workshop, answer["OutputLocation"])) for answer in waiting]
        assert [answer["model"] for answer in written] == ["green"] * 3
    assert json.loads(_written(workshop, first["OutputLocation"]))["model"] == "blue"
    assert workshop.settled(endpoint)["EndpointConfigName"] == green


def should_update_an_endpoint_without_instances(workshop: Workshop, tmp_path: Path) -> None:
    endpoint = _endpoint(workshop, tmp_path / "blue")
    _scaled(workshop, endpoint, 0)
    answer = _ask(workshop, endpoint, "waits")
    green = _configuration(workshop, _model(workshop, tmp_path / "green"))
    workshop.sagemaker.update_endpoint(
        EndpointName=endpoint, EndpointConfigName=green, RetainAllVariantProperties=True
    )  # fmt: skip
    found = workshop.settled(endpoint)
    assert (found["EndpointConfigName"], found["ProductionVariants"][0]["CurrentInstanceCount"]) == (green, 0)
    _scaled(workshop, endpoint, 1)
    assert json.loads(_written(workshop, answer["OutputLocation"]))["model"] == "green"


def should_fail_requests_that_waited_too_long(hurried: Workshop, tmp_path: Path) -> None:
    topic, next_message = _topic(hurried)
    endpoint = _endpoint(hurried, tmp_path / "seen", NotificationConfig={"ErrorTopic": topic})
    _scaled(hurried, endpoint, 0)
    answer = _ask(hurried, endpoint, "late", RequestTTLSeconds=60)
    assert "longer than its RequestTTLSeconds, 60" in _written(hurried, answer["FailureLocation"])
    assert "RequestTTLSeconds" in next_message()["failureReason"]
    _scaled(hurried, endpoint, 1)
    _written(hurried, _ask(hurried, endpoint, "in time")["OutputLocation"])
    assert _seen(tmp_path / "seen") == ["in time"]


def should_publish_the_backlog(hurried: Workshop, tmp_path: Path) -> None:
    endpoint = _endpoint(hurried, tmp_path / "seen")
    _written(hurried, _ask(hurried, endpoint, "first")["OutputLocation"])
    _scaled(hurried, endpoint, 0)
    _ask(hurried, endpoint, "second")
    cloudwatch = hurried.cloud.client("cloudwatch")

    def most(metric: str, **dimensions: str) -> float:
        now = dt.datetime.now(dt.UTC)
        found = cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[{"Name": k, "Value": v} for k, v in {"EndpointName": endpoint, **dimensions}.items()],
            StartTime=now - dt.timedelta(hours=1),
            EndTime=now + dt.timedelta(hours=1),
            Period=60,
            Statistics=["Maximum"],
        )
        return float(max((point["Maximum"] for point in found["Datapoints"]), default=-1.0))

    for metric in ("ApproximateBacklogSize", "ApproximateBacklogSizePerInstance", "HasBacklogWithoutCapacity"):
        eventually(lambda metric=metric: most(metric) == 1.0)  # type: ignore[misc]
    assert eventually(lambda: most("TimeInBacklog", VariantName="only") > 0)
    assert most("InvocationsProcessed", VariantName="only") == 1.0


def should_scale_from_zero_because_a_request_waits(hurried: Workshop, tmp_path: Path) -> None:
    endpoint = _endpoint(hurried, tmp_path / "seen")
    _scaled(hurried, endpoint, 0)
    scaling, cloudwatch = (hurried.cloud.client(name) for name in ("application-autoscaling", "cloudwatch"))
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/only",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling.register_scalable_target(**target, MinCapacity=0, MaxCapacity=2)
    steps = [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}]
    policy = scaling.put_scaling_policy(
        **target,
        PolicyName="from-zero",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={"AdjustmentType": "ChangeInCapacity", "StepAdjustments": steps},
    )
    cloudwatch.put_metric_alarm(
        AlarmName=unique("backlog"),
        AlarmActions=[policy["PolicyARN"]],
        Namespace="AWS/SageMaker",
        MetricName="HasBacklogWithoutCapacity",
        Dimensions=[{"Name": "EndpointName", "Value": endpoint}],
        Statistic="Average",
        Period=60,
        EvaluationPeriods=2,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="missing",
    )
    answer = _ask(hurried, endpoint, "wakes it")
    assert json.loads(_written(hurried, answer["OutputLocation"]))["text"] == "wakes it"
    scaling.deregister_scalable_target(**target)


def should_refuse_the_other_kind_of_invocation(workshop: Workshop, tmp_path: Path) -> None:
    endpoint = _endpoint(workshop, tmp_path / "seen")
    with pytest.raises(ClientError, match=r"is asynchronous\. Use InvokeEndpointAsync"):
        workshop.invoke(endpoint)
    model = _model(workshop, tmp_path / "seen")
    real_time = workshop.endpoint(workshop.configuration(("only", model, 1)))
    with pytest.raises(ClientError, match=r"is not asynchronous\. Use InvokeEndpoint"):
        _ask(workshop, real_time, "x")
    with pytest.raises(ClientError, match="DesiredInstanceCount of 0 needs an asynchronous endpoint"):
        _scaled(workshop, real_time, 0)
    with pytest.raises(ClientError, match="cannot change between real-time and asynchronous"):
        workshop.sagemaker.update_endpoint(
            EndpointName=real_time, EndpointConfigName=_configuration(workshop, model)
        )  # fmt: skip


def should_authorise_an_asynchronous_invocation_on_its_endpoint(workshop: Workshop, tmp_path: Path) -> None:
    endpoint, other = _endpoint(workshop, tmp_path / "seen"), _endpoint(workshop, tmp_path / "other")

    def client(action: str) -> Any:
        allowed = {"Action": f"sagemaker:{action}", "Resource": arn(f"endpoint/{endpoint}")}
        caller = make_role(workshop.cloud, unique("caller"), "account", allowed)
        return workshop.cloud.client("sagemaker-runtime", credentials_of(workshop.cloud, caller))

    allowed = client("InvokeEndpointAsync")
    answer = allowed.invoke_endpoint_async(EndpointName=endpoint, Body=b"mine", ContentType="text/plain")
    assert json.loads(_written(workshop, answer["OutputLocation"]))["text"] == "mine"
    with pytest.raises(ClientError, match=r"AccessDenied.*sagemaker:InvokeEndpointAsync"):
        allowed.invoke_endpoint_async(EndpointName=other, Body=b"mine")
    with pytest.raises(ClientError, match="AccessDenied"):
        client("InvokeEndpoint").invoke_endpoint_async(EndpointName=endpoint, Body=b"mine")


_CONFIG: Json = {"OutputConfig": {"S3OutputPath": "s3://bucket/out"}}


def should_read_what_a_caller_asks_for() -> None:
    headers = {
        "x-amzn-sagemaker-inputlocation": "s3://bucket/in",
        "x-amzn-sagemaker-content-type": "text/csv",
        "x-amzn-sagemaker-accept": "application/json",
        "x-amzn-sagemaker-custom-attributes": "trace",
        "content-type": "application/x-www-form-urlencoded",
    }
    request = async_requests.read(headers, b"", _CONFIG)
    assert request.headers == {
        "content-type": "text/csv", "accept": "application/json", "x-amzn-sagemaker-custom-attributes": "trace"
    }  # fmt: skip
    assert (request.ttl_seconds, request.timeout_seconds) == (21_600, 900)
    assert (request.output_location or "").startswith("s3://bucket/out/") and request.failure_location is None


@pytest.mark.parametrize(
    ("headers", "body", "reason"),
    [
        ({}, b"", "either InputLocation or Body"),
        ({"inputlocation": "s3://b/k"}, b"x", "either InputLocation or Body"),
        ({"inputlocation": "https://b/k"}, b"", "must be an s3:// URL"),
        ({}, b"x" * 128_001, "128001 bytes exceeds the limit of 128000"),
        ({"requestttlseconds": "59"}, b"x", "requestttlseconds '59' must be a number from 60 to 21600"),
        ({"invocationtimeoutseconds": "3601"}, b"x", "'3601' must be a number from 1 to 3600"),
        ({"invocationtimeoutseconds": "soon"}, b"x", "'soon' must be a number"),
        ({"inference-id": " "}, b"x", "must be 1 to 64 printable characters"),
        ({"filename": "a.out"}, b"x", "filename is not supported"),
    ],
)
def should_refuse_requests_that_cannot_be_queued(headers: dict[str, str], body: bytes, reason: str) -> None:
    given = {f"x-amzn-sagemaker-{name}": value for name, value in headers.items()}
    with pytest.raises(ApiError, match=reason):
        async_requests.read(given, body, _CONFIG)


def should_leave_to_another_instance_what_one_did_not_finish_before_it_was_taken_away() -> None:
    class Instance:
        is_retired = True

        async def answer(self, *_: Any) -> Response:
            raise ContainerFailure("primary", GONE, "The model server ended")

        def release(self) -> None:
            pass

    instance, variant = Instance(), MagicMock(name="variant")
    region = MagicMock(account="123456789012")
    region.name = "eu-west-1"

    async def processed() -> bool:
        endpoint = AsyncEndpoint(region, "e", lambda: _CONFIG, lambda: [variant], AsyncMock())
        request = async_requests.read({}, b"x", _CONFIG)
        return await endpoint._process(request, variant, instance)  # type: ignore[arg-type]

    assert asyncio.run(processed()) is False
    instance.is_retired = False  # it ended by itself: the request may be why
    assert asyncio.run(processed()) is True


class _Worker:
    """An instance that is taken away once, while it works on `first`."""

    name, busy = "only", 0

    def __init__(self) -> None:
        self.done: list[str] = []
        self.was_taken_away = False

    async def acquire(self) -> Any:
        return self, self

    async def process(self, request: async_requests.AsyncRequest, *_: Any) -> bool:
        if request.id == "first" and not self.was_taken_away:
            self.was_taken_away = True
            return False
        self.done.append(request.id)
        return True

    async def expire(self, _request: async_requests.AsyncRequest) -> None:
        raise AssertionError("nothing expires")


def should_answer_again_what_was_taken_away() -> None:
    worker = _Worker()

    async def run() -> None:
        queue = InvocationQueue("e", lambda: _CONFIG, lambda: 1, worker.acquire, worker.process, worker.expire)
        for name in ("first", "second"):
            queue.put(async_requests.read({"x-amzn-sagemaker-inference-id": name}, b"x", _CONFIG))
        async with asyncio.timeout(10):
            while queue.state().size:
                await asyncio.sleep(0)

    asyncio.run(run())
    assert worker.was_taken_away and sorted(worker.done) == ["first", "second"]


def should_put_a_response_into_a_message_as_text_or_base64() -> None:
    request = async_requests.read({}, b"x", _CONFIG)

    def body(content: bytes, content_type: str) -> Json:
        response = Response(200, {"content-type": content_type}, content)
        message = async_notifications.completed(request, "endpoint", "eu-west-1", response, with_response=True)
        found: Json = json.loads(message)
        return found

    assert body(b'{"a": 1}', "application/json")["responseBody"] == {"content": '{"a": 1}', "encoding": "UTF-8"}
    image = body(b"\x89PNG", "image/png")["responseBody"]
    assert (base64.b64decode(image["content"]), image["encoding"]) == (b"\x89PNG", "BASE64")
    assert "responseBody" not in body(b"x" * 200_000, "text/plain")
