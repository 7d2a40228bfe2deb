"""Blue/green updates of real fleets: how traffic moves, what ends them, and what is told of them."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from tests.local import stacks
from tests.local.cloud import eventually
from tests.local.sagemaker.updates import Json, canary, deployment_config
from tests.local.sagemaker.workshop import Workshop, arn, unique

FAILING = """
def model_fn(model_dir): return None
def predict_fn(data, model): raise ValueError("the new model fails")
"""


def _configuration(workshop: Workshop, model: str, *, count: int = 1, **more: Any) -> str:
    name = unique("config")
    variant = {"VariantName": "only", "ModelName": model, "InstanceType": "ml.m5.large", "InitialInstanceCount": count}
    metrics = {"EnableEnhancedMetrics": True, "MetricPublishFrequencyInSeconds": 10}
    workshop.sagemaker.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[variant], MetricsConfig=metrics, **more
    )
    return name


def _error_alarm(workshop: Workshop, endpoint: str, configuration: str) -> str:
    name = f"{configuration}-only-5xx"
    dimensions = {"EndpointName": endpoint, "VariantName": "only", "EndpointConfigName": configuration}
    workshop.cloud.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        Statistic="Average",
        Period=10,
        EvaluationPeriods=1,
        Threshold=0.01,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    return name


def _pending(workshop: Workshop, endpoint: str) -> Json:
    """The only variant of the update that is under way."""
    described = workshop.sagemaker.describe_endpoint(EndpointName=endpoint)
    listed = described.get("PendingDeploymentSummary", {}).get("ProductionVariants", [{}])
    return cast(Json, listed[0])


def _is_baking(workshop: Workshop, endpoint: str) -> bool:
    return any(stage["Status"] == "Baking" for stage in _pending(workshop, endpoint).get("VariantStatus", []))


def should_split_the_traffic_between_two_fleets(fast_workshop: Workshop) -> None:
    workshop, role = fast_workshop, fast_workshop.role()
    before = _configuration(workshop, workshop.model(role, "blue"))
    endpoint = workshop.endpoint(before)
    after = _configuration(workshop, workshop.model(role, "green"), count=2)
    workshop.sagemaker.update_endpoint(
        EndpointName=endpoint, EndpointConfigName=after, DeploymentConfig=deployment_config(canary(25, wait=40))
    )
    eventually(lambda: _is_baking(workshop, endpoint))
    seen = Counter(workshop.invoke(endpoint)[0]["answer"] for _ in range(200))
    described = workshop.sagemaker.describe_endpoint(EndpointName=endpoint)
    assert abs(seen["green"] - 50) <= 3.5 * (200 * 0.25 * 0.75) ** 0.5
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("Updating", before)
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    summary = described["PendingDeploymentSummary"]
    assert summary["EndpointConfigName"] == after
    (variant,) = summary["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (2, 2)
    assert variant["InstanceType"] == "ml.m5.large"
    words = "Baking for 40 seconds (WaitIntervalInSeconds) with traffic enabled on canary capacity of 1 instance(s)."
    assert variant["VariantStatus"][0]["StatusMessage"] == words
    found = workshop.settled(endpoint)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", after)
    assert "PendingDeploymentSummary" not in found
    assert {workshop.invoke(endpoint)[0]["answer"] for _ in range(5)} == {"green"}


def should_go_back_silently_when_the_canary_fails(fast_workshop: Workshop) -> None:
    workshop, role = fast_workshop, fast_workshop.role()
    before = _configuration(workshop, workshop.model(role, "blue"))
    endpoint = workshop.endpoint(before)
    after = _configuration(workshop, workshop.model(role, "green", script=FAILING))
    alarm = _error_alarm(workshop, endpoint, after)
    workshop.sagemaker.update_endpoint(
        EndpointName=endpoint,
        EndpointConfigName=after,
        DeploymentConfig=deployment_config(canary(20, wait=3600), alarms=(alarm,)),
    )
    eventually(lambda: _is_baking(workshop, endpoint))
    seen: Counter[str] = Counter()

    def is_back() -> bool:
        try:
            seen[workshop.invoke(endpoint)[0]["answer"]] += 1
        except ClientError:
            seen["error"] += 1
        return bool(workshop.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointStatus"] == "InService")

    eventually(is_back)
    found = workshop.settled(endpoint)
    assert (found["EndpointConfigName"], found.get("FailureReason")) == (before, None)
    assert 0 < seen["error"] < seen["blue"]
    assert {workshop.invoke(endpoint)[0]["answer"] for _ in range(20)} == {"blue"}


def should_tell_eventbridge_of_each_stage(fast_workshop: Workshop) -> None:
    workshop, role = fast_workshop, fast_workshop.role()
    endpoint = workshop.endpoint(_configuration(workshop, workshop.model(role, "blue")))
    name = unique("stages")
    sqs = workshop.cloud.client("sqs")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Endpoint Deployment State Change"],
        "resources": [arn(f"endpoint/{endpoint}")],
    }
    stacks.make_rule(workshop.cloud, name, pattern, {"Arn": queue_arn})
    size = {"Type": "CAPACITY_PERCENT", "Value": 50}
    routing = {"Type": "LINEAR", "WaitIntervalInSeconds": 1, "LinearStepSize": size}
    workshop.sagemaker.update_endpoint(
        EndpointName=endpoint,
        EndpointConfigName=_configuration(workshop, workshop.model(role, "green")),
        DeploymentConfig=deployment_config(routing),
    )
    events: list[Json] = []

    def stages() -> list[tuple[str, str]]:
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            events.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        shown = [event["detail"]["PendingDeploymentSummary"]["ProductionVariants"][0] for event in events]
        return sorted({(v["VariantStatus"][0]["Status"], v["VariantStatus"][0]["StatusMessage"]) for v in shown})

    baking = "Baking for 1 seconds (WaitIntervalInSeconds) with traffic enabled on"
    eventually(
        lambda: (
            stages()
            == [
                ("ActivatingTraffic", "Activating traffic on full capacity of 1 instance(s)."),
                ("ActivatingTraffic", "Activating traffic on linear step capacity of 1 instance(s)."),
                ("Baking", f"{baking} full capacity of 1 instance(s)."),
                ("Baking", f"{baking} linear step capacity of 1 instance(s)."),
                ("Creating", "Launching 1 instance(s)."),
            ]
        )
    )
    assert {event["detail"]["EndpointStatus"] for event in events} == {"UPDATING"}
    stage = events[0]["detail"]["PendingDeploymentSummary"]["ProductionVariants"][0]["VariantStatus"][0]
    assert stage["StartTime"] > 1e12  # milliseconds


def should_refuse_an_alarm_that_is_not_there(workshop: Workshop) -> None:
    configuration = workshop.configuration(("only", workshop.model(workshop.role(), "x"), 1))
    endpoint = workshop.endpoint(configuration)
    with pytest.raises(ClientError, match="there is no alarm nowhere"):
        workshop.sagemaker.update_endpoint(
            EndpointName=endpoint,
            EndpointConfigName=configuration,
            DeploymentConfig=deployment_config(
                {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}, alarms=("nowhere",)
            ),
        )
    assert workshop.settled(endpoint)["EndpointStatus"] == "InService"


def should_refuse_another_instance_type_under_a_scalable_target(workshop: Workshop) -> None:
    model = workshop.model(workshop.role(), "x")
    endpoint = workshop.endpoint(workshop.configuration(("only", model, 1)))
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/only",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling = workshop.cloud.client("application-autoscaling")
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=4)
    variant = {"VariantName": "only", "ModelName": model, "InitialInstanceCount": 1, "InstanceType": "ml.c5.large"}
    larger = unique("config")
    workshop.sagemaker.create_endpoint_config(EndpointConfigName=larger, ProductionVariants=[variant])
    with pytest.raises(ClientError, match=r"from ml\.m5\.large to ml\.c5\.large.*Deregister the scalable target first"):
        workshop.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=larger)
    scaling.deregister_scalable_target(**target)
    workshop.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=larger)
    assert workshop.settled(endpoint)["EndpointConfigName"] == larger
