"""A stack whose endpoint goes back by an alarm: CloudFormation learns that SageMaker says nothing of it."""

from __future__ import annotations

from typing import Any

from tests.local import stacks
from tests.local.cloud import LocalCloud
from tests.local.sagemaker.workshop import Workshop, unique


def _template(endpoint: str) -> stacks.Template:
    variant = {
        "VariantName": "only",
        "ModelName": {"Ref": "Served"},
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1,
    }
    routing = {
        "Type": "CANARY",
        "WaitIntervalInSeconds": 0,
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 10},
    }
    deployment = {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": 0},
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": {"Ref": "Alarm"}}]},
    }
    resources: dict[str, dict[str, Any]] = {
        "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"ProductionVariants": [variant]}},
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {
                "EndpointName": endpoint,
                "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
                "DeploymentConfig": deployment,
            },
        },
    }
    return {"Parameters": {"Served": {"Type": "String"}, "Alarm": {"Type": "String"}}, "Resources": resources}


def _alarm(cloud: LocalCloud, *, is_on: bool) -> str:
    """An alarm on data that nobody puts, on or off for good."""
    name = unique("alarm")
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="Tests",
        MetricName="Nothing",
        Statistic="Sum",
        Period=10,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="breaching" if is_on else "notBreaching",
    )
    return name


def should_fail_the_update_that_an_alarm_rolls_back(fast_workshop: Workshop) -> None:
    cloud, role = fast_workshop.cloud, fast_workshop.role()
    calm, loud = _alarm(cloud, is_on=False), _alarm(cloud, is_on=True)
    models = {answer: fast_workshop.model(role, answer) for answer in ("blue", "green")}
    name, endpoint = unique("Guarded"), unique("reviews")
    stacks.deploy(cloud, name, _template(endpoint), Served=models["blue"], Alarm=calm)
    stacks.update(cloud, name, Served=models["green"], Alarm=loud)
    assert stacks.settled(cloud, name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "went back to" in str(stacks.failures(cloud, name))
    assert fast_workshop.invoke(endpoint)[0]["answer"] == "blue"
    stacks.update(cloud, name, Served=models["green"], Alarm=calm)
    assert stacks.settled(cloud, name)["StackStatus"] == "UPDATE_COMPLETE", stacks.failures(cloud, name)
    assert fast_workshop.invoke(endpoint)[0]["answer"] == "green"
