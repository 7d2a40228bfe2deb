"""What makes a release possible: parameters, a condition, kept names, nothing deleted in use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from config import environment_names
from tests.stacks.resources import of_type, statements_of, text


@pytest.fixture
def template(templates: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = templates("dev")["inference-reviews"]
    return found


def should_have_one_plain_parameter_for_each_variant(template: dict[str, Any]) -> None:
    parameters = template["Parameters"]
    assert set(parameters) == {"LinearModelPackage", "XgboostModelPackage"}
    assert all(p["Type"] == "String" and p["Default"] == "none" for p in parameters.values())


def should_host_nothing_before_the_first_release(template: dict[str, Any]) -> None:
    hosted = ("AWS::SageMaker::", "AWS::ApplicationAutoScaling::")
    resources = [r for r in template["Resources"].values() if r["Type"].startswith(hosted)]
    assert len(resources) == 8  # two models, configuration, endpoint, two targets, two policies
    assert all(resource["Condition"] == "Released" for resource in resources)
    own = [{"Condition": "LinearReleased"}, {"Condition": "XgboostReleased"}]
    assert template["Conditions"]["Released"] == {"Fn::Or": own}


def should_serve_the_heaviest_released_package_where_a_variant_has_none(template: dict[str, Any]) -> None:
    models = {
        name: r["Properties"]["PrimaryContainer"] for name, r in template["Resources"].items() if "Model" in r["Type"]
    }
    linear, xgboost = {"Ref": "LinearModelPackage"}, {"Ref": "XgboostModelPackage"}
    own = {"Fn::If": ["XgboostReleased", xgboost, linear]}
    assert models["ashlardevreviewsxgboostmodel"]["ModelPackageName"] == own
    assert models["ashlardevreviewsxgboostmodel"]["Environment"]["MODEL_PACKAGE"] == own


def should_retain_models_and_configurations_on_replacement(template: dict[str, Any]) -> None:
    for type in ("AWS::SageMaker::Model", "AWS::SageMaker::EndpointConfig"):
        assert all(resource["UpdateReplacePolicy"] == "Retain" for resource in of_type(template, type))


def should_name_the_endpoint_and_nothing_else(template: dict[str, Any]) -> None:
    (endpoint,) = of_type(template, "AWS::SageMaker::Endpoint")
    assert endpoint["Properties"]["EndpointName"] == "ashlar-dev-reviews"


def should_keep_scaled_counts_but_not_weights_through_a_release(template: dict[str, Any]) -> None:
    (endpoint,) = of_type(template, "AWS::SageMaker::Endpoint")
    assert endpoint["Properties"]["RetainAllVariantProperties"] is True
    excluded = [p["VariantPropertyType"] for p in endpoint["Properties"]["ExcludeRetainedVariantProperties"]]
    assert excluded == ["DesiredWeight", "DataCaptureConfig"]


def should_roll_back_on_every_variants_alarms(template: dict[str, Any]) -> None:
    (endpoint,) = of_type(template, "AWS::SageMaker::Endpoint")
    deployment = endpoint["Properties"]["DeploymentConfig"]
    watched = [alarm["AlarmName"]["Ref"] for alarm in deployment["AutoRollbackConfiguration"]["Alarms"]]
    alarms = [name for name, r in template["Resources"].items() if r["Type"] == "AWS::CloudWatch::Alarm"]
    assert sorted(watched) == sorted(alarms)
    assert len(alarms) == 4
    routing = deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing["Type"] == "CANARY"
    assert routing["CanarySize"] == {"Type": "CAPACITY_PERCENT", "Value": 10}


def should_watch_latency_in_microseconds(template: dict[str, Any]) -> None:
    alarms = of_type(template, "AWS::CloudWatch::Alarm")
    (limit,) = {a["Properties"]["Threshold"] for a in alarms if a["Properties"].get("MetricName") == "ModelLatency"}
    assert limit == 800_000


def should_scale_each_variant_between_its_bounds(template: dict[str, Any]) -> None:
    targets = of_type(template, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert {t["Properties"]["ResourceId"] for t in targets} == {
        "endpoint/ashlar-dev-reviews/variant/linear",
        "endpoint/ashlar-dev-reviews/variant/xgboost",
    }
    assert all((t["Properties"]["MinCapacity"], t["Properties"]["MaxCapacity"]) == (2, 4) for t in targets)


def should_weigh_the_variants_as_configured(template: dict[str, Any]) -> None:
    (config,) = of_type(template, "AWS::SageMaker::EndpointConfig")
    variants = config["Properties"]["ProductionVariants"]
    assert {v["VariantName"]: v["InitialVariantWeight"] for v in variants} == {"linear": 90, "xgboost": 10}


def should_send_every_alarm_to_the_operators(template: dict[str, Any]) -> None:
    for alarm in of_type(template, "AWS::CloudWatch::Alarm"):
        (action,) = alarm["Properties"]["AlarmActions"]
        assert "ashlar-dev-audit" in text(action)
        assert "Topic" in text(action)
        assert alarm["Properties"]["TreatMissingData"] == "notBreaching"


def should_make_the_endpoints_log_group_before_sagemaker_does(template: dict[str, Any]) -> None:
    (group,) = of_type(template, "AWS::Logs::LogGroup")
    assert group["Properties"]["LogGroupName"] == "/aws/sagemaker/Endpoints/ashlar-dev-reviews"
    assert "LogsKey" in text(group["Properties"]["KmsKeyId"])
    assert group["Properties"]["RetentionInDays"] == 365


def should_give_each_variant_a_role_that_writes_its_own_streams(template: dict[str, Any]) -> None:
    streams = {}
    for id, model in template["Resources"].items():
        if model["Type"] == "AWS::SageMaker::Model":
            policy = statements_of(template, model["Properties"]["ExecutionRoleArn"]["Fn::GetAtt"][0])
            (writing,) = [s for s in policy if "logs:PutLogEvents" in s["Action"]]
            streams[id] = [resource.split(":log-stream:")[1] for resource in writing["Resource"]]
            (finding,) = [s for s in policy if "logs:CreateLogGroup" in s["Action"]]
            # Logs authorises it on the streams' form of the group's ARN.
            group = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/sagemaker/Endpoints/ashlar-dev-reviews"
            assert finding["Resource"] == [group, f"{group}:log-stream:*"]
            assert finding["Action"] == ["logs:CreateLogGroup", "logs:DescribeLogStreams"]
    assert streams == {"ashlardevreviewslinearmodel": ["linear/*"], "ashlardevreviewsxgboostmodel": ["xgboost/*"]}


@pytest.mark.parametrize("environment", environment_names())
def should_need_nothing_of_the_bootstrap_at_a_release(
    environment: str, templates: Callable[[str], dict[str, Any]]
) -> None:
    """CloudFormation would read the bootstrap's version from SSM, as the release's own narrow role."""
    template = templates(environment)["inference-reviews"]
    assert set(template["Parameters"]) == {"LinearModelPackage", "XgboostModelPackage"}
    assert "Rules" not in template
