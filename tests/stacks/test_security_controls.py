"""What holds across stacks in every environment; each stack's own controls are in its own file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from config import environment_names
from tests.stacks.resources import Template, as_list, of_type, pipeline_definition, pipeline_steps, statements, text

pytestmark = pytest.mark.parametrize("environment", environment_names())
STATEFUL = ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::SageMaker::ModelPackageGroup")


@pytest.fixture
def stacks(templates: Callable[[str], dict[str, Template]], environment: str) -> dict[str, Template]:
    return templates(environment)


def every(stacks: dict[str, Template], type: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where it stands, and each resource of a type; fails when there is none."""
    found = [(f"{s}/{id}", r) for s, t in stacks.items() for id, r in t["Resources"].items() if r["Type"] == type]
    assert found, f"there is no {type}"
    yield from found


def should_encrypt_and_expire_every_log_group(stacks: dict[str, Template]) -> None:
    for where, group in every(stacks, "AWS::Logs::LogGroup"):
        assert "Key" in text(group["Properties"]["KmsKeyId"]), where
        assert group["Properties"]["RetentionInDays"] >= 365, where


def should_send_every_alarm_to_the_operators(stacks: dict[str, Template]) -> None:
    for where, alarm in every(stacks, "AWS::CloudWatch::Alarm"):
        (action,) = alarm["Properties"]["AlarmActions"]
        assert "OperatorsTopic" in text(action), where


def should_keep_what_was_learnt_where_the_configuration_says_so(stacks: dict[str, Template], environment: str) -> None:
    kept = "Retain" if environment in ("staging", "prod") else "Delete"
    for type in STATEFUL:
        for where, resource in every(stacks, type):
            assert resource.get("DeletionPolicy", "Delete") == kept, where
            assert resource.get("UpdateReplacePolicy", "Delete") == kept, where


def should_isolate_every_job(stacks: dict[str, Template]) -> None:
    steps = pipeline_steps(pipeline_definition(stacks["training-reviews"]))
    jobs = [step["Arguments"] for step in steps if "StoppingCondition" in step["Arguments"]]
    assert len(jobs) == 5  # Process, two candidates, Scan, Evaluate
    for job in jobs:
        network = job.get("NetworkConfig", job)
        assert network["EnableNetworkIsolation"] is True
        assert network["EnableInterContainerTrafficEncryption"] is True
        assert network["VpcConfig"]["Subnets"]
        cluster = job.get("ResourceConfig") or job["ProcessingResources"]["ClusterConfig"]
        assert cluster["VolumeKmsKeyId"]
        assert (job.get("OutputDataConfig") or job["ProcessingOutputConfig"])["KmsKeyId"]


def should_isolate_every_model(stacks: dict[str, Template]) -> None:
    for where, model in every(stacks, "AWS::SageMaker::Model"):
        assert model["Properties"]["EnableNetworkIsolation"] is True, where
        assert len(model["Properties"]["VpcConfig"]["Subnets"]) == 3, where
        assert "ModelName" not in model["Properties"], where


def should_encrypt_endpoint_volumes_with_a_customer_key(stacks: dict[str, Template]) -> None:
    (config,) = of_type(stacks["inference-reviews"], "AWS::SageMaker::EndpointConfig")
    assert "ArtifactsKey" in text(config["Properties"]["KmsKeyId"])


# Actions for which the service authorization reference knows no resource. A function and a job also need EC2's network
# interfaces, and API Gateway takes only a role that may write all logs.
ON_ANY_RESOURCE = {
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "application-autoscaling:DescribeScheduledActions",
    "application-autoscaling:ListTagsForResource",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "sagemaker:ListEndpointConfigs",
    "sagemaker:ListModelPackageGroups",
    "sagemaker:ListModelPackages",
    "sagemaker:ListModels",
    "sagemaker:ListPipelines",
    "sagemaker:ListProcessingJobs",
    "sagemaker:ListTrainingJobs",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}


def should_grant_on_any_resource_only_what_has_none(stacks: dict[str, Template]) -> None:
    for name, template in stacks.items():
        for statement in statements(template):
            # The auditor's `Read` is of the whole account; what it may read is a table in tests/permissions.
            if "*" in as_list(statement["Resource"]) and (name, statement["Sid"]) != ("access", "Read"):
                left = {a for a in statement["Action"] if not a.startswith("ec2:")} - ON_ANY_RESOURCE
                assert not left or (name, statement["Sid"], len(left)) == ("front-door", "Logs", 7), (name, statement)


def should_let_the_reconciler_update_only_as_the_release_role(stacks: dict[str, Template], environment: str) -> None:
    (update,) = [s for s in statements(stacks["release"]) if "cloudformation:UpdateStack" in s["Action"]]
    (role,) = update["Condition"]["StringEquals"].values()
    assert update["Condition"].keys() == {"StringEquals"}
    assert update["Condition"]["StringEquals"].keys() == {"cloudformation:RoleArn"}
    trusted = stacks["release"]["Resources"][role["Fn::GetAtt"][0]]["Properties"]["AssumeRolePolicyDocument"]
    assert trusted["Statement"][0]["Principal"] == {"Service": "cloudformation.amazonaws.com"}
    assert [arn.split(":stack/")[1] for arn in update["Resource"]] == [f"ashlar-{environment}-inference-reviews/*"]


def should_let_the_reconciler_reject_and_never_approve(stacks: dict[str, Template]) -> None:
    (statement,) = [s for s in statements(stacks["release"]) if "sagemaker:UpdateModelPackage" in s["Action"]]
    assert statement["Condition"] == {"StringEquals": {"sagemaker:ModelApprovalStatus": "Rejected"}}


def should_release_with_a_role_of_one_endpoints_resources(stacks: dict[str, Template], environment: str) -> None:
    verbs = ("sagemaker:CreateModel", "sagemaker:CreateEndpointConfig", "sagemaker:CreateEndpoint")
    found = [s for s in statements(stacks["release"]) if set(verbs) & set(s["Action"])]
    assert len(found) == len(verbs)
    for statement in found:
        for resource in statement["Resource"]:
            assert f"ashlar{environment}reviews" in text(resource).replace("-", "")
