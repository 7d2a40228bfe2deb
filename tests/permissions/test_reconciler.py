"""The functions of a release: what each may do, on which resources, read from the deployed policies."""

from __future__ import annotations

from typing import Any

import pytest

from review.iam import Deployed
from review.iam.template import Resource
from tests.permissions.reading import allowing, of_kind, roles, statements

ARN = "arn:aws:{}:eu-west-1:111122223333:{}"


def of_function(cloud: Deployed, package: str) -> list[dict[str, Any]]:
    """The statements of the function made of this package."""

    def is_it(role: Resource) -> bool:
        return bool(role.properties["Description"] == f"Function {package}")

    return [statement for role in roles(cloud) if is_it(role) for statement in statements(cloud, role)]


def where(found: list[dict[str, Any]], action: str) -> list[str]:
    return [resource for statement in allowing(found, action) for resource in statement["Resource"]]


@pytest.mark.parametrize(
    ("action", "resources"),
    [
        ("sagemaker:DeleteEndpointConfig", [ARN.format("sagemaker", "endpoint-config/ashlardevreviewsconfig-*")]),
        (
            "sagemaker:DeleteModel",
            [ARN.format("sagemaker", f"model/ashlardevreviews{name}model-*") for name in ("linear", "xgboost")],
        ),
        (
            "sagemaker:ListTags",
            [
                ARN.format("sagemaker", f"model-package-group/ashlar-dev-reviews-{name}")
                for name in ("linear", "xgboost")
            ],
        ),
        ("cloudwatch:DescribeAlarmHistory", [ARN.format("cloudwatch", "alarm:ashlardevreviewsconfig-*")]),
        ("cloudformation:UpdateStack", [ARN.format("cloudformation", "stack/ashlar-dev-inference-reviews/*")]),
    ],
)
def should_let_the_reconciler_touch_what_is_its_endpoints_only(
    dev: Deployed, action: str, resources: list[str]
) -> None:
    assert sorted(where(of_function(dev, "release"), action)) == resources


def should_let_the_reconciler_tell_the_operators_and_nobody_else(dev: Deployed) -> None:
    (topic,) = [
        each for each in dev.of("AWS::SNS::Topic") if each.properties.get("TopicName") == "ashlar-dev-operators"
    ]
    found = of_function(dev, "release")
    assert where(found, "sns:Publish") == [topic.ref]
    assert topic.properties["KmsMasterKeyId"] in where(found, "kms:GenerateDataKey")


@pytest.mark.parametrize("package", ["release", "live_endpoint"])
def should_let_neither_function_make_a_model_or_move_an_endpoint(dev: Deployed, package: str) -> None:
    found = of_function(dev, package)
    assert found
    for noun in ("Model", "EndpointConfig", "Endpoint"):
        assert where(found, f"sagemaker:Create{noun}") == []
    assert where(found, "sagemaker:UpdateEndpoint") == []
    assert where(found, "sagemaker:DeleteEndpoint") == []


def should_let_the_live_endpoint_function_change_its_endpoint_only(dev: Deployed) -> None:
    found = of_function(dev, "live_endpoint")
    own = [ARN.format("sagemaker", "endpoint/ashlar-dev-reviews")]
    assert where(found, "sagemaker:UpdateEndpointWeightsAndCapacities") == own
    for action in ("RegisterScalableTarget", "DeregisterScalableTarget", "PutScalingPolicy", "PutScheduledAction"):
        (statement,) = allowing(found, f"application-autoscaling:{action}")
        assert statement["Condition"] == {"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}}


def should_let_a_release_make_alarms_of_its_own_configurations_only(dev: Deployed) -> None:
    found = of_kind(dev, "release")
    own = {
        ARN.format("cloudwatch", "alarm:ashlardevreviewsconfig-*"),
        ARN.format("cloudwatch", "alarm:TargetTracking-endpoint/ashlar-dev-reviews/*"),
    }
    assert set(where(found, "cloudwatch:PutMetricAlarm")) == own
    assert set(where(found, "cloudwatch:DeleteAlarms")) == own


def should_let_a_release_call_its_own_custom_resources_function_only(dev: Deployed) -> None:
    tokens = {each.properties["ServiceToken"] for each in dev.of("Custom::ScalingHold")}
    assert tokens
    assert set(where(of_kind(dev, "release"), "lambda:InvokeFunction")) == tokens
