"""Every hosting mode: what its template has, and what its roles may do for it and no more."""

from __future__ import annotations

from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.stacks.modes import IMAGE, MODES, PACKAGE, stacks_in
from tests.stacks.resources import Template, as_list, of_type, statements_of, text
from tests.stacks.test_snapshots import masked

ROLES = "arn:aws:iam::111122223333:role/ashlar/dev"


def inference(mode: str) -> Template:
    return stacks_in(mode)["inference-reviews"]


def one(template: Template, type: str) -> dict[str, Any]:
    (resource,) = of_type(template, type)
    properties: dict[str, Any] = resource["Properties"]
    return properties


def may(template: Template, role: str, action: str) -> list[str]:
    """What a role may do this to."""
    found = [s for s in statements_of(template, role) if action in as_list(s["Action"])]
    return [text(resource) for statement in found for resource in as_list(statement["Resource"])]


@pytest.mark.parametrize("mode", MODES)
def should_match_the_accepted_template(mode: str, snapshot: SnapshotAssertion) -> None:
    assert masked(inference(mode)) == snapshot(extension_class=JSONSnapshotExtension)


def should_chain_containers_and_release_one_of_them() -> None:
    template = inference("pipeline")
    assert set(template["Parameters"]) == {"ChainModelPackage"}
    features, linear = one(template, "AWS::SageMaker::Model")["Containers"]
    assert features["Image"] == IMAGE
    assert text(features["ModelDataUrl"]).endswith('/own/features.tar.gz"]]}')
    assert linear["ModelPackageName"] == {"Ref": "ChainModelPackage"}
    assert template["Conditions"]["Released"] == {"Condition": "ChainReleased"}


def should_read_exactly_its_own_image_and_archive() -> None:
    template = inference("pipeline")
    repository = "arn:aws:ecr:eu-west-1:111122223333:repository/team/features"
    assert repository in may(template, "ChainHosting", "ecr:BatchGetImage")
    reads = may(template, "ChainHosting", "s3:GetObject")
    assert sum('"/own/features.tar.gz"' in each for each in reads) == 1
    assert sum('"/models/reviews/*"' in each for each in reads) == 1
    assert len(reads) == 2
    assert may(inference("image"), "OwnHosting", "ecr:BatchGetImage") == [repository]
    assert may(inference("image"), "OwnHosting", "s3:GetObject") == []


def should_let_own_images_through_the_registrys_endpoint() -> None:
    template = stacks_in("image")["network"]
    policies = [text(its["Properties"]["PolicyDocument"]) for its in of_type(template, "AWS::EC2::VPCEndpoint")]
    assert sum("repository/team/features" in policy for policy in policies) == 2


def should_host_at_once_what_is_fixed() -> None:
    for mode, parameters in (("image", set()), ("package", {"LinearModelPackage"})):
        template = inference(mode)
        assert set(template.get("Parameters", {})) == parameters
        assert "Released" not in template.get("Conditions", {})
        hosted = [its for its in template["Resources"].values() if its["Type"].startswith("AWS::SageMaker::")]
        assert hosted
        assert not any("Condition" in its for its in hosted)


def should_serve_a_fixed_package_until_another_is_released() -> None:
    template = inference("package")
    fixed = template["Resources"]["ashlardevreviewsfixedmodel"]["Properties"]["Containers"]
    assert [container["ModelPackageName"] for container in fixed] == [PACKAGE]
    condition, own, other = template["Resources"]["ashlardevreviewslinearmodel"]["Properties"]["Containers"]["Fn::If"]
    assert condition == "LinearReleased"
    assert own[0]["ModelPackageName"] == {"Ref": "LinearModelPackage"}
    assert other == fixed


def should_copy_a_sample_of_requests_to_the_shadow() -> None:
    config = one(inference("shadow"), "AWS::SageMaker::EndpointConfig")
    (production,), (shadow,) = config["ProductionVariants"], config["ShadowProductionVariants"]
    assert shadow["VariantName"] == "challenger"
    assert shadow["InitialVariantWeight"] / production["InitialVariantWeight"] == pytest.approx(0.2)
    assert shadow["InitialInstanceCount"] == 1
    watched = [text(its["Properties"]["AlarmName"]) for its in of_type(inference("shadow"), "AWS::CloudWatch::Alarm")]
    assert len(watched) == 3
    assert not any("challenger" in name for name in watched)


def should_have_an_api_before_endpoints_of_every_mode() -> None:
    assert all("front-door" in stacks_in(mode) for mode in MODES)


def should_isolate_the_shadow_too() -> None:
    for model in of_type(inference("shadow"), "AWS::SageMaker::Model"):
        assert model["Properties"]["EnableNetworkIsolation"] is True
        assert len(model["Properties"]["VpcConfig"]["Subnets"]) == 3


def should_keep_asynchronous_requests_and_answers_encrypted_and_apart() -> None:
    config = one(inference("asynchronous"), "AWS::SageMaker::EndpointConfig")["AsyncInferenceConfig"]
    output = config["OutputConfig"]
    assert text(output["S3OutputPath"]).endswith('"/async/ashlar-dev-reviews/output/"]]}')
    assert text(output["S3FailurePath"]).endswith('"/async/ashlar-dev-reviews/failure/"]]}')
    assert "DataKey" in text(output["KmsKeyId"])
    assert config["ClientConfig"] == {"MaxConcurrentInvocationsPerInstance": 4}


def should_read_requests_and_write_answers_and_nothing_else() -> None:
    template = inference("asynchronous")
    writes = may(template, "LinearHosting", "s3:PutObject")
    places = ("async/ashlar-dev-reviews/output/*", "async/ashlar-dev-reviews/failure/*")
    assert len(writes) == 2
    assert all(any(f"/{place}" in write for write in writes) for place in places)
    reads = may(template, "LinearHosting", "s3:GetObject")
    assert sum("/async/ashlar-dev-reviews/input/*" in read for read in reads) == 1
    assert len(reads) == 2


def should_tell_of_answers_and_errors_on_encrypted_topics() -> None:
    template = inference("asynchronous")
    topics = {id: its for id, its in template["Resources"].items() if its["Type"] == "AWS::SNS::Topic"}
    assert set(topics) == {"SuccessesTopic", "ErrorsTopic"}
    assert all("NotificationsKey" in text(its["Properties"]["KmsMasterKeyId"]) for its in topics.values())
    config = one(template, "AWS::SageMaker::EndpointConfig")["AsyncInferenceConfig"]["OutputConfig"]
    told = {"SuccessTopic": {"Ref": "SuccessesTopic"}, "ErrorTopic": {"Ref": "ErrorsTopic"}}
    assert config["NotificationConfig"] == told
    assert may(template, "LinearHosting", "sns:Publish") == [text({"Ref": topic}) for topic in topics]
    keys = may(template, "LinearHosting", "kms:GenerateDataKey")
    assert sum("NotificationsKey" in key for key in keys) == 1


def should_let_nobody_else_use_the_topics() -> None:
    for policy in of_type(inference("asynchronous"), "AWS::SNS::TopicPolicy"):
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        assert {statement["Effect"] for statement in statements} == {"Deny"}
        assert {statement["Sid"] for statement in statements} == {"OwnAccountOnly", "TlsOnly"}


def should_have_no_topics_where_nobody_wants_to_be_told() -> None:
    assert not [its for its in inference("shadow")["Resources"].values() if its["Type"].startswith("AWS::SNS::")]


def should_scale_on_the_backlog_and_from_zero_by_steps() -> None:
    template = inference("asynchronous")
    resources = template["Resources"]
    target = resources["LinearTarget"]["Properties"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 3)
    tracking = resources["LinearPolicy"]["Properties"]["TargetTrackingScalingPolicyConfiguration"]
    endpoint = [{"Name": "EndpointName", "Value": "ashlar-dev-reviews"}]
    assert tracking["CustomizedMetricSpecification"] == {
        "MetricName": "ApproximateBacklogSizePerInstance",
        "Namespace": "AWS/SageMaker",
        "Statistic": "Average",
        "Dimensions": endpoint,
    }
    steps = resources["LinearPolicy1"]["Properties"]
    assert steps["PolicyType"] == "StepScaling"
    (step,) = steps["StepScalingPolicyConfiguration"]["StepAdjustments"]
    assert step == {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}
    alarm = resources["LinearBacklogAlarm"]["Properties"]
    assert (alarm["MetricName"], alarm["Dimensions"]) == ("HasBacklogWithoutCapacity", endpoint)
    assert alarm["AlarmActions"] == [{"Ref": "LinearPolicy1"}]
    config = one(template, "AWS::SageMaker::EndpointConfig")
    assert config["ProductionVariants"][0]["InitialInstanceCount"] == 1


def excluded(template: Template) -> list[str]:
    """What an update takes from the configuration, and not from the live endpoint."""
    properties = one(template, "AWS::SageMaker::Endpoint")["ExcludeRetainedVariantProperties"]
    return [each["VariantPropertyType"] for each in properties]


def should_start_the_new_fleet_of_an_endpoint_that_may_have_no_instance() -> None:
    """Or an empty fleet would be released, and its containers tried by the first request."""
    assert excluded(inference("asynchronous")) == ["DataCaptureConfig", "DesiredInstanceCount"]
    assert all("DesiredInstanceCount" not in excluded(inference(mode)) for mode in MODES if mode != "asynchronous")


def should_guard_roll_outs_wherever_sagemaker_does() -> None:
    for mode in MODES:
        guarded = mode != "serverless"
        assert ("DeploymentConfig" in one(inference(mode), "AWS::SageMaker::Endpoint")) is guarded
        roles = [id for id in inference(mode)["Resources"] if id.endswith("Hosting")]
        assert roles
        for role in roles:
            watched = ["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:ashlardevreviewsconfig-*"] if guarded else []
            assert may(inference(mode), role, "cloudwatch:DescribeAlarms") == watched


def should_have_a_role_for_those_who_call_an_asynchronous_endpoint() -> None:
    template = inference("asynchronous")
    place = "/async/ashlar-dev-reviews"
    own = ["arn:aws:sagemaker:eu-west-1:111122223333:endpoint/ashlar-dev-reviews"]
    assert may(template, "Requester", "sagemaker:InvokeEndpointAsync") == own
    (write,) = may(template, "Requester", "s3:PutObject")
    assert f'"{place}/input/*"' in write
    reads = may(template, "Requester", "s3:GetObject")
    for each, read in zip(("output", "failure"), reads, strict=True):
        assert f'"{place}/{each}/*"' in read
    (key,) = may(template, "Requester", "kms:GenerateDataKey")
    assert "DataKey" in key
    # By its name, not by Fn::GetAtt, for which a release's role would have to read it.
    arn = text(template["Outputs"]["RequesterRole"]["Value"])
    assert arn.endswith('role/ashlar/dev/requester/", {"Ref": "Requester"}]]}')
    assert all("Requester" not in inference(mode)["Resources"] for mode in MODES if mode != "asynchronous")


def should_let_callers_of_asynchronous_endpoints_reach_requests_from_where_they_are() -> None:
    for mode in ("asynchronous", "shadow"):
        policies = [
            text(its["Properties"]["PolicyDocument"])
            for its in of_type(stacks_in(mode)["data"], "AWS::S3::BucketPolicy")
        ]
        exempt = sum(f"{ROLES}/requester/*" in policy for policy in policies)
        assert exempt == (1 if mode == "asynchronous" else 0)


def should_leave_the_vpc_only_for_a_serverless_model() -> None:
    for mode in MODES:
        for model in of_type(inference(mode), "AWS::SageMaker::Model"):
            serverless = mode == "serverless"
            assert model["Properties"]["EnableNetworkIsolation"] is not serverless
            assert ("VpcConfig" in model["Properties"]) is not serverless
            assert ("SM_MODEL_IN_VPC" in text(model.get("Metadata", {}))) is serverless
        config = of_type(inference(mode), "AWS::SageMaker::EndpointConfig")[0]
        assert ("KmsKeyId" in config["Properties"]) is (mode != "serverless")


def should_give_a_serverless_variant_memory_and_no_machine() -> None:
    (variant,) = one(inference("serverless"), "AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    serverless = {"MaxConcurrency": 5, "MemorySizeInMB": 2048, "ProvisionedConcurrency": 1}
    assert variant["ServerlessConfig"] == serverless
    assert not {"InstanceType", "InitialInstanceCount", "ContainerStartupHealthCheckTimeoutInSeconds"} & set(variant)


def should_read_a_serverless_models_archive_from_outside_the_vpc_and_nothing_else() -> None:
    data = stacks_in("serverless")["data"]
    exempted = {}
    for id, resource in data["Resources"].items():
        if resource["Type"] == "AWS::S3::BucketPolicy":
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                if f"{ROLES}/serverless/*" in text(statement.get("Condition", {})):
                    exempted[id[:9]] = statement["Action"]
    assert exempted == {"Artifacts": ["s3:GetObject*"]}
    assert "/serverless/" not in text(stacks_in("image")["data"])


def should_let_sagemaker_reach_asynchronous_requests_from_outside_the_vpc() -> None:
    data = stacks_in("asynchronous")["data"]
    (policy,) = [
        its["Properties"]["PolicyDocument"]
        for id, its in data["Resources"].items()
        if its["Type"] == "AWS::S3::BucketPolicy" and id.startswith("Data")
    ]
    (statement,) = [each for each in policy["Statement"] if each["Sid"] == "ThroughTheEndpointOnly"]
    assert f"{ROLES}/asynchronous/*" in statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
    assert "/asynchronous/" not in text(stacks_in("image")["data"])


def should_allow_no_open_model_but_the_serverless_ones() -> None:
    for mode in ("image", "serverless"):
        boundary = stacks_in(mode, bootstrap=True)["bootstrap"]["Resources"]["Boundary"]["Properties"]
        denied = [s for s in boundary["PolicyDocument"]["Statement"] if s["Action"] == ["sagemaker:CreateModel"]]
        assert [statement["Sid"] for statement in denied] == ["NoOpenModel", "NoModelThatDoesNotSay"]
        for statement in denied:
            if mode == "image":
                assert statement["Resource"] == ["*"]
            else:
                named = ["model/ashlardevreviewslinearmodel-*", "model-package/ashlar-dev-*"]
                assert [arn.rpartition(":")[2] for arn in statement["NotResource"]] == named


def should_keep_requests_where_capture_is_configured(templates: Any) -> None:
    template = templates("dev")["inference-reviews"]
    capture = one(template, "AWS::SageMaker::EndpointConfig")["DataCaptureConfig"]
    assert capture["EnableCapture"] is True
    assert text(capture["DestinationS3Uri"]).endswith('"/capture"]]}')
    assert "DataKey" in text(capture["KmsKeyId"])
    assert [option["CaptureMode"] for option in capture["CaptureOptions"]] == ["Input", "Output"]
    header = {"JsonContentTypes": ["application/json"], "CsvContentTypes": ["text/csv"]}
    assert capture["CaptureContentTypeHeader"] == header
    for role in ("LinearHosting", "XgboostHosting"):
        (place,) = may(template, role, "s3:PutObject")
        assert "/capture/ashlar-dev-reviews/*" in place
    assert may(inference("shadow"), "LinearHosting", "s3:PutObject") == []
