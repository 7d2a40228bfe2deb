"""What makes a release possible: parameters, a condition, kept names, nothing deleted in use, alarms of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from config import environment_names
from tests.stacks.resources import Template, of_type, statements_of, text
from tests.stacks.variant import changed, stacks_of

CONFIGURATION = {"Fn::GetAtt": ["ashlardevreviewsconfig", "EndpointConfigName"]}


@pytest.fixture
def template(templates: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = templates("dev")["inference-reviews"]
    return found


def inference(**endpoint: Any) -> Template:
    """The inference stack of dev with changes of its endpoint."""
    return stacks_of(changed("dev", {"endpoints": {"reviews": endpoint}}))["inference-reviews"]


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    """The end of each alarm's name after the configuration's -> its properties."""
    found = {}
    for alarm in of_type(template, "AWS::CloudWatch::Alarm"):
        _, (configuration, end) = alarm["Properties"]["AlarmName"]["Fn::Join"]
        assert configuration == CONFIGURATION
        found[end] = alarm["Properties"]
    return found


def should_have_one_plain_parameter_for_each_variant(template: dict[str, Any]) -> None:
    parameters = template["Parameters"]
    assert set(parameters) == {"LinearModelPackage", "XgboostModelPackage"}
    assert all(p["Type"] == "String" and p["Default"] == "none" for p in parameters.values())


def should_host_nothing_before_the_first_release(template: dict[str, Any]) -> None:
    hosted = ("AWS::SageMaker::", "AWS::ApplicationAutoScaling::", "AWS::CloudWatch::", "Custom::")
    resources = [r for r in template["Resources"].values() if r["Type"].startswith(hosted)]
    # Two models, configuration, endpoint, two targets, two policies, three alarms for each variant, two of our own.
    assert len(resources) == 16
    assert all(resource["Condition"] == "Released" for resource in resources)
    own = [{"Condition": "LinearReleased"}, {"Condition": "XgboostReleased"}]
    assert template["Conditions"]["Released"] == {"Fn::Or": own}


def should_serve_the_heaviest_released_package_where_a_variant_has_none(template: dict[str, Any]) -> None:
    containers = template["Resources"]["ashlardevreviewsxgboostmodel"]["Properties"]["Containers"]
    condition, own, other = containers["Fn::If"]
    assert condition == "XgboostReleased"
    for served, variant in ((own, "Xgboost"), (other, "Linear")):
        (container,) = served
        package = {"Ref": f"{variant}ModelPackage"}
        assert container["ModelPackageName"] == container["Environment"]["MODEL_PACKAGE"] == package


def should_ask_for_packages_in_the_order_of_weights() -> None:
    template = inference(variants={"third": {"model": "reviews", "candidate": "linear", "weight": 50, "instances": 2}})
    containers = template["Resources"]["ashlardevreviewsxgboostmodel"]["Properties"]["Containers"]
    conditions = []
    while "Fn::If" in containers:
        condition, _, containers = containers["Fn::If"]
        conditions.append(condition)
    assert conditions == ["XgboostReleased", "LinearReleased"]
    assert containers[0]["ModelPackageName"] == {"Ref": "ThirdModelPackage"}


def should_give_containers_their_variables_and_the_platforms_own() -> None:
    template = inference(variants={"linear": {"environment": {"WORKERS": "2"}}})
    _, (own,), (others,) = template["Resources"]["ashlardevreviewslinearmodel"]["Properties"]["Containers"]["Fn::If"]
    assert own["Environment"].pop("WORKERS") == "2"
    assert set(own["Environment"]) == {"MODEL_PACKAGE", "SAGEMAKER_PROGRAM", "SAGEMAKER_SUBMIT_DIRECTORY"}
    assert "WORKERS" not in others["Environment"]


def should_retain_models_and_configurations_on_replacement(template: dict[str, Any]) -> None:
    for type in ("AWS::SageMaker::Model", "AWS::SageMaker::EndpointConfig"):
        assert all(resource["UpdateReplacePolicy"] == "Retain" for resource in of_type(template, type))


def should_name_the_endpoint_and_nothing_else(template: dict[str, Any]) -> None:
    (endpoint,) = of_type(template, "AWS::SageMaker::Endpoint")
    assert endpoint["Properties"]["EndpointName"] == "ashlar-dev-reviews"


def should_keep_scaled_counts_and_live_weights_through_a_release(template: dict[str, Any]) -> None:
    (endpoint,) = of_type(template, "AWS::SageMaker::Endpoint")
    assert endpoint["Properties"]["RetainAllVariantProperties"] is True
    excluded = [p["VariantPropertyType"] for p in endpoint["Properties"]["ExcludeRetainedVariantProperties"]]
    assert excluded == ["DataCaptureConfig"]


def should_roll_back_on_every_variants_alarms(template: dict[str, Any]) -> None:
    (endpoint,) = of_type(template, "AWS::SageMaker::Endpoint")
    deployment = endpoint["Properties"]["DeploymentConfig"]
    watched = [alarm["AlarmName"]["Fn::Join"][1][1] for alarm in deployment["AutoRollbackConfiguration"]["Alarms"]]
    kinds = ("5xx", "model-errors", "latency")
    assert sorted(watched) == sorted(f"-{variant}-{kind}" for variant in ("linear", "xgboost") for kind in kinds)
    assert sorted(alarms(template)) == sorted(watched)
    made = [id for id, its in template["Resources"].items() if its["Type"] == "AWS::CloudWatch::Alarm"]
    assert set(made) < set(endpoint["DependsOn"])
    routing = deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing["Type"] == "CANARY"
    assert routing["CanarySize"] == {"Type": "CAPACITY_PERCENT", "Value": 10}


def should_watch_the_new_fleet_alone(template: dict[str, Any]) -> None:
    """Or the errors of the old one would stop its own replacement."""
    for end, alarm in alarms(template).items():
        dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
        variant = end.split("-")[1]
        expected = {"EndpointName": "ashlar-dev-reviews", "VariantName": variant, "EndpointConfigName": CONFIGURATION}
        assert dimensions == expected


def should_measure_shares_of_errors_and_latency_in_microseconds() -> None:
    limits = {"error_percent": 2, "model_error_percent": 3, "p99_latency_ms": 800, "period_seconds": 60}
    found = alarms(inference(rollout={"alarms": limits}))
    shown = {
        end: (its["MetricName"], its.get("Statistic") or its["ExtendedStatistic"], its["Threshold"], its["Period"])
        for end, its in found.items()
        if "linear" in end
    }
    assert shown == {
        "-linear-5xx": ("Invocation5XXErrors", "Average", 0.02, 60),
        "-linear-model-errors": ("InvocationModelErrors", "Average", 0.03, 60),
        "-linear-latency": ("ModelLatency", "p99", 800_000, 60),
    }


@pytest.mark.parametrize(("variants", "count"), [(3, 9), (4, 3), (10, 3)])
def should_have_no_more_alarms_than_sagemaker_watches(variants: int, count: int) -> None:
    more = {f"v{n}": {"model": "reviews", "candidate": "linear", "instances": 2} for n in range(variants - 2)}
    template = inference(variants=more)
    found = alarms(template)
    assert len(found) == count <= 10
    if count == 3:
        assert set(found) == {"-5xx", "-model-errors", "-latency"}
        for alarm in found.values():
            *watched, worst = alarm["Metrics"]
            assert worst == {"Id": "worst", "Expression": "MAX(METRICS())", "ReturnData": True}
            assert len(watched) == variants
            assert not any(each["ReturnData"] for each in watched)
    (endpoint,) = of_type(template, "AWS::SageMaker::Endpoint")
    assert len(endpoint["Properties"]["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]) == count


@pytest.mark.parametrize("period", [10, 30, 60])
def should_publish_metrics_as_often_as_alarms_look(period: int) -> None:
    template = inference(rollout={"alarms": {"period_seconds": period}})
    (config,) = of_type(template, "AWS::SageMaker::EndpointConfig")
    enhanced = {"EnableEnhancedMetrics": True, "MetricPublishFrequencyInSeconds": period}
    assert config["Properties"].get("MetricsConfig") == (enhanced if period < 60 else None)
    assert {its["Period"] for its in alarms(template).values()} == {period}


def should_wait_before_it_ends_the_old_instances() -> None:
    template = inference(rollout={"kind": "linear", "percent": 50, "bake_minutes": 2, "termination_wait_minutes": 3})
    (endpoint,) = of_type(template, "AWS::SageMaker::Endpoint")
    policy = endpoint["Properties"]["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["TerminationWaitInSeconds"] == 180
    routing = policy["TrafficRoutingConfiguration"]
    assert (routing["Type"], routing["WaitIntervalInSeconds"]) == ("LINEAR", 120)
    assert routing["LinearStepSize"] == {"Type": "CAPACITY_PERCENT", "Value": 50}
    # Above the sum of waits, or SageMaker refuses it.
    assert policy["MaximumExecutionTimeoutInSeconds"] == 2 * 120 + 180 + 1800


def should_scale_each_variant_between_its_bounds(template: dict[str, Any]) -> None:
    targets = of_type(template, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert {t["Properties"]["ResourceId"] for t in targets} == {
        "endpoint/ashlar-dev-reviews/variant/linear",
        "endpoint/ashlar-dev-reviews/variant/xgboost",
    }
    assert all((t["Properties"]["MinCapacity"], t["Properties"]["MaxCapacity"]) == (2, 4) for t in targets)


def should_track_the_metric_with_the_cooldowns() -> None:
    scaling = {"metric": "invocations", "scale_in_cooldown_seconds": 7, "scale_out_cooldown_seconds": 8}
    template = inference(variants={"linear": {"scaling": scaling, "instance_type": "ml.m5.xlarge"}})
    policy = template["Resources"]["LinearPolicy"]["Properties"]
    # Another instance type makes another policy: SageMaker changes the type only while nothing scales the variant.
    assert policy["PolicyName"] == "ashlar-dev-reviews-linear-invocations-ml.m5.xlarge"
    assert policy["TargetTrackingScalingPolicyConfiguration"] == {
        "TargetValue": 4,
        "ScaleInCooldown": 7,
        "ScaleOutCooldown": 8,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    }


def should_follow_schedules_in_their_time_zone() -> None:
    evening = {"cron": "0 19 ? * MON-FRI *", "timezone": "Europe/London", "min": 1, "max": 1}
    template = inference(variants={"linear": {"scaling": {"schedules": {"evening": evening}}}})
    actions = template["Resources"]["LinearTarget"]["Properties"]["ScheduledActions"]
    assert {action["ScheduledActionName"] for action in actions} == {"evening", "morning"}
    assert actions[0] == {
        "ScheduledActionName": "evening",
        "Schedule": "cron(0 19 ? * MON-FRI *)",
        "Timezone": "Europe/London",
        "ScalableTargetAction": {"MinCapacity": 1, "MaxCapacity": 1},
    }


def should_keep_a_fixed_number_of_instances_without_scaling() -> None:
    fixed = {"linear": {"model": "reviews", "candidate": "linear", "scaling": None, "instances": 3}}
    template = inference(variants=fixed)
    (config,) = of_type(template, "AWS::SageMaker::EndpointConfig")
    counts = {v["VariantName"]: v["InitialInstanceCount"] for v in config["Properties"]["ProductionVariants"]}
    assert counts == {"linear": 3, "xgboost": 2}
    assert not {"LinearTarget", "LinearPolicy"} & set(template["Resources"])


def should_hold_scaling_before_the_update_and_apply_what_it_keeps_after(template: dict[str, Any]) -> None:
    resources = template["Resources"]
    assert "ScalingHold" in resources["ashlardevreviewsendpoint"]["DependsOn"]
    assert resources["LiveVariants"]["DependsOn"] == "ashlardevreviewsendpoint"
    for variant in ("Linear", "Xgboost"):
        # CloudFormation updates only a target that is there: it is registered again before.
        assert resources[f"{variant}Target"]["DependsOn"] == "LiveVariants"
        assert resources[f"{variant}Policy"]["Properties"]["ScalingTargetId"] == {"Ref": f"{variant}Target"}


def should_tell_the_hold_of_variants_that_do_not_scale_too() -> None:
    """One may have scaled before: then it is a registered target still."""
    fixed = {"linear": {"model": "reviews", "candidate": "linear", "scaling": None, "instances": 3}}
    resources = inference(variants=fixed)["Resources"]
    hold, live = (resources[id]["Properties"]["Variants"] for id in ("ScalingHold", "LiveVariants"))
    assert hold["linear"] == {"InstanceType": "ml.m5.large"}
    assert live["linear"] == {"InstanceType": "ml.m5.large", "Instances": 3, "Weight": 90}
    scaled = {"InstanceType", "Min", "Max", "Policies", "Schedules"}
    assert (set(hold["xgboost"]), set(live["xgboost"])) == (scaled, {*scaled, "Weight"})


@pytest.mark.parametrize(
    ("rollout", "waits", "ends"),
    [
        # The canary bakes, and so does what follows it.
        ({"kind": "canary", "bake_minutes": 5, "termination_wait_minutes": 2}, 2 * 300 + 120, 120),
        ({"kind": "linear", "percent": 25, "bake_minutes": 5, "termination_wait_minutes": 2}, 4 * 300 + 120, 120),
        # There is no step to bake between: the alarms are watched while the old instances stay.
        ({"kind": "all_at_once", "bake_minutes": 5, "termination_wait_minutes": 2}, 300 + 300, 300),
        ({"kind": "all_at_once", "bake_minutes": 5, "termination_wait_minutes": 8}, 300 + 480, 480),
    ],
)
def should_have_time_for_every_wait(rollout: dict[str, Any], waits: int, ends: int) -> None:
    (endpoint,) = of_type(inference(rollout=rollout), "AWS::SageMaker::Endpoint")
    policy = endpoint["Properties"]["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["WaitIntervalInSeconds"] == 300
    assert policy["TerminationWaitInSeconds"] == ends
    assert policy["MaximumExecutionTimeoutInSeconds"] == waits + 1800


def should_call_the_function_by_a_name_that_needs_no_reading(template: dict[str, Any]) -> None:
    """For Fn::GetAtt CloudFormation would read the function at a release, as the release's narrow role."""
    for id in ("ScalingHold", "LiveVariants"):
        token = template["Resources"][id]["Properties"]["ServiceToken"]
        (function,) = [id for id, its in template["Resources"].items() if its["Type"] == "AWS::Lambda::Function"]
        assert token["Fn::Join"][1][-1] == {"Ref": function}


def should_weigh_the_variants_as_configured(template: dict[str, Any]) -> None:
    (config,) = of_type(template, "AWS::SageMaker::EndpointConfig")
    variants = config["Properties"]["ProductionVariants"]
    assert {v["VariantName"]: v["InitialVariantWeight"] for v in variants} == {"linear": 90, "xgboost": 10}


def should_wait_for_containers_and_models_as_long_as_configured() -> None:
    template = inference(variants={"linear": {"startup_timeout_seconds": 90, "download_timeout_seconds": 120}})
    (config,) = of_type(template, "AWS::SageMaker::EndpointConfig")
    (linear, _) = config["Properties"]["ProductionVariants"]
    assert linear["ContainerStartupHealthCheckTimeoutInSeconds"] == 90
    assert linear["ModelDataDownloadTimeoutInSeconds"] == 120


def should_send_every_alarm_to_the_operators(template: dict[str, Any]) -> None:
    for alarm in of_type(template, "AWS::CloudWatch::Alarm"):
        (action,) = alarm["Properties"]["AlarmActions"]
        assert "ashlar-dev-audit" in text(action)
        assert "Topic" in text(action)
        assert alarm["Properties"]["TreatMissingData"] == "notBreaching"


def should_make_the_endpoints_log_group_before_sagemaker_does(template: dict[str, Any]) -> None:
    group = template["Resources"]["Logs"]
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
