"""An inference stack as CloudFormation sees it: model, configuration, endpoint and scaling under a narrow role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.local import stacks
from tests.local.cloud import ACCOUNT, REGION, LocalCloud
from tests.local.sagemaker.workshop import INFERENCE, Workshop, archive, unique

_HOSTING_TYPES = ("model", "endpoint-config", "endpoint")
_BROKEN = "raise RuntimeError('this model cannot load')\n"


def _template(endpoint: str, role: str) -> stacks.Template:
    variant = {
        "VariantName": "only",
        "ModelName": {"Fn::GetAtt": ["HostedModel", "ModelName"]},
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1,
    }
    environment = {"SAGEMAKER_PROGRAM": "inference.py"}
    container = {"Image": "image", "ModelDataUrl": {"Ref": "Data"}, "Environment": environment}
    dimension = "sagemaker:variant:DesiredInstanceCount"
    metric = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    resources: dict[str, tuple[str, dict[str, Any]]] = {
        "HostedModel": ("SageMaker::Model", {"ExecutionRoleArn": role, "PrimaryContainer": container}),
        "Config": ("SageMaker::EndpointConfig", {"ProductionVariants": [variant]}),
        "Endpoint": (
            "SageMaker::Endpoint",
            {
                "EndpointName": endpoint,
                "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
                "RetainAllVariantProperties": True,
                "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
            },
        ),
        "Target": (
            "ApplicationAutoScaling::ScalableTarget",
            {
                "ResourceId": {"Fn::Sub": "endpoint/${Endpoint.EndpointName}/variant/only"},
                "ScalableDimension": dimension,
                "ServiceNamespace": "sagemaker",
                "MinCapacity": "1",
                "MaxCapacity": "2",
                "ScheduledActions": [
                    {
                        "ScheduledActionName": {"Ref": "Quiet"},
                        "Schedule": "cron(0 19 ? * MON-FRI *)",
                        "Timezone": "Europe/London",
                        "ScalableTargetAction": {"MinCapacity": "1", "MaxCapacity": "1"},
                    }
                ],
            },
        ),
        "Policy": (
            "ApplicationAutoScaling::ScalingPolicy",
            {
                "PolicyName": "load",
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": {"Ref": "Target"},
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": "70",
                    "PredefinedMetricSpecification": metric,
                },
            },
        ),
    }  # fmt: skip
    return {
        "Parameters": {"Data": {"Type": "String"}, "Quiet": {"Type": "String", "Default": "evening"}},
        "Resources": {name: {"Type": f"AWS::{kind}", "Properties": p} for name, (kind, p) in resources.items()},
    }


@pytest.fixture
def hosting_role(local_cloud: LocalCloud) -> str:
    """The narrow role: only these three kinds and their scaling."""
    kinds = [f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/*" for kind in _HOSTING_TYPES]
    return stacks.make_role(
        local_cloud,
        unique("hosting"),
        "cloudformation.amazonaws.com",
        {"Action": "sagemaker:*", "Resource": kinds},
        {"Action": "application-autoscaling:*", "Resource": "*"},
        {"Action": "iam:PassRole", "Resource": f"arn:aws:iam::{ACCOUNT}:role/role-*"},
    )


@pytest.fixture
def stack(local_cloud: LocalCloud, workshop: Workshop, hosting_role: str) -> Iterator[tuple[str, str]]:
    name, endpoint = unique("Inference"), unique("reviews")
    good = workshop.put("good/model.tar.gz", archive(model_json='{"answer": "good"}', code__inference_py=INFERENCE))
    created = stacks.deploy(
        local_cloud, name, _template(endpoint, workshop.role()), role_arn=hosting_role, Data=good
    )  # fmt: skip
    assert created["StackStatus"] == "CREATE_COMPLETE", stacks.failures(local_cloud, name)
    yield name, endpoint
    local_cloud.client("cloudformation").delete_stack(StackName=name)
    assert stacks.settled(local_cloud, created["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    assert endpoint not in [e["EndpointName"] for e in workshop.sagemaker.list_endpoints()["Endpoints"]]
    assert not [m for m in workshop.sagemaker.list_models()["Models"] if m["ModelName"].startswith("hostedmodel-")]


def should_serve_scale_and_update_in_place(local_cloud: LocalCloud, workshop: Workshop, stack: tuple[str, str]) -> None:
    name, endpoint = stack
    assert workshop.invoke(endpoint)[0]["answer"] == "good"
    targets = local_cloud.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")
    assert f"endpoint/{endpoint}/variant/only" in [target["ResourceId"] for target in targets["ScalableTargets"]]
    before = stacks.resources(local_cloud, name)
    better = workshop.put(
        "better/model.tar.gz", archive(model_json='{"answer": "better"}', code__inference_py=INFERENCE)
    )
    stacks.update(local_cloud, name, Data=better)
    assert stacks.settled(local_cloud, name)["StackStatus"] == "UPDATE_COMPLETE", stacks.failures(local_cloud, name)
    assert workshop.invoke(endpoint)[0]["answer"] == "better"
    after = stacks.resources(local_cloud, name)
    assert {key for key in before if before[key] != after[key]} == {"HostedModel", "Config"}


def should_put_and_replace_the_schedules_of_a_target(local_cloud: LocalCloud, stack: tuple[str, str]) -> None:
    name, endpoint = stack

    def schedules() -> dict[str, tuple[str, dict[str, int]]]:
        found = local_cloud.client("application-autoscaling").describe_scheduled_actions(
            ServiceNamespace="sagemaker", ResourceId=f"endpoint/{endpoint}/variant/only"
        )["ScheduledActions"]
        return {a["ScheduledActionName"]: (a["Timezone"], a["ScalableTargetAction"]) for a in found}

    assert schedules() == {"evening": ("Europe/London", {"MinCapacity": 1, "MaxCapacity": 1})}
    data = stacks.describe(local_cloud, name)["Parameters"]
    (given,) = [parameter["ParameterValue"] for parameter in data if parameter["ParameterKey"] == "Data"]
    stacks.update(local_cloud, name, Data=given, Quiet="night")
    assert stacks.settled(local_cloud, name)["StackStatus"] == "UPDATE_COMPLETE", stacks.failures(local_cloud, name)
    assert list(schedules()) == ["night"]


def _target(endpoint: str) -> dict[str, str]:
    dimension = "sagemaker:variant:DesiredInstanceCount"
    resource = f"endpoint/{endpoint}/variant/only"
    return {"ServiceNamespace": "sagemaker", "ResourceId": resource, "ScalableDimension": dimension}


def should_update_no_target_that_is_gone(local_cloud: LocalCloud, stack: tuple[str, str]) -> None:
    """CloudFormation's handler does not find it; Application Auto Scaling's API alone would make another."""
    name, endpoint = stack
    local_cloud.client("application-autoscaling").deregister_scalable_target(**_target(endpoint))
    data = stacks.describe(local_cloud, name)["Parameters"]
    (given,) = [parameter["ParameterValue"] for parameter in data if parameter["ParameterKey"] == "Data"]
    stacks.update(local_cloud, name, Data=given, Quiet="night")
    assert stacks.settled(local_cloud, name)["StackStatus"] != "UPDATE_COMPLETE"
    assert f"'endpoint/{endpoint}/variant/only' was not found" in stacks.failures(local_cloud, name)


def should_create_no_target_that_is_there(local_cloud: LocalCloud, workshop: Workshop, stack: tuple[str, str]) -> None:
    _, endpoint = stack
    properties = {**_target(endpoint), "MinCapacity": 1, "MaxCapacity": 2}
    template = {"Resources": {"T": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": properties}}}
    other = unique("Second")
    stacks.deploy(local_cloud, other, template)
    assert f"'endpoint/{endpoint}/variant/only' already exists" in stacks.failures(local_cloud, other)


def should_keep_the_old_endpoint_when_the_new_model_is_broken(
    local_cloud: LocalCloud, workshop: Workshop, stack: tuple[str, str]
) -> None:
    name, endpoint = stack
    broken = workshop.put("broken/model.tar.gz", archive(model_json="{}", code__inference_py=_BROKEN))
    stacks.update(local_cloud, name, Data=broken)
    assert stacks.settled(local_cloud, name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert f"Endpoint {endpoint}" in stacks.failures(local_cloud, name)
    assert workshop.invoke(endpoint)[0]["answer"] == "good"


def should_feel_a_role_that_may_not_create_an_endpoint(
    local_cloud: LocalCloud, workshop: Workshop, hosting_role: str
) -> None:
    name = unique("Narrow")
    denied = {"Effect": "Deny", "Action": "sagemaker:CreateEndpoint", "Resource": "*"}
    local_cloud.client("iam").put_role_policy(
        RoleName=hosting_role.rsplit("/", 1)[-1],
        PolicyName="deny",
        PolicyDocument=stacks.document(denied),
    )
    good = workshop.put("good/model.tar.gz", archive(model_json="{}", code__inference_py=INFERENCE))
    stack = stacks.deploy(
        local_cloud, name, _template(unique("e"), workshop.role()), role_arn=hosting_role, Data=good
    )  # fmt: skip
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "not authorized to perform: sagemaker:CreateEndpoint" in stacks.failures(local_cloud, name)
