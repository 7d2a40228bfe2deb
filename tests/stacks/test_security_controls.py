"""One assertion for each security control of the templates, in every environment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from config import environment_names
from tests.stacks.resources import as_list, of_type, pipeline_definition, pipeline_steps, statements, text

Templates = Callable[[str], dict[str, Any]]
pytestmark = pytest.mark.parametrize("environment", environment_names())


@pytest.fixture
def stacks(templates: Templates, environment: str) -> dict[str, Any]:
    return templates(environment)


def should_have_no_route_to_the_internet(stacks: dict[str, Any]) -> None:
    types = {resource["Type"] for resource in stacks["network"]["Resources"].values()}
    assert not types & {"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::EgressOnlyInternetGateway"}
    assert all(not s["Properties"]["MapPublicIpOnLaunch"] for s in of_type(stacks["network"], "AWS::EC2::Subnet"))


def should_spread_subnets_over_the_zones_of_the_configuration(stacks: dict[str, Any]) -> None:
    zones = [subnet["Properties"]["AvailabilityZone"] for subnet in of_type(stacks["network"], "AWS::EC2::Subnet")]
    assert zones == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]


def should_give_every_endpoint_a_policy_for_this_account_only(stacks: dict[str, Any], environment: str) -> None:
    for endpoint in of_type(stacks["network"], "AWS::EC2::VPCEndpoint"):
        own, *others = endpoint["Properties"]["PolicyDocument"]["Statement"]
        assert own["Condition"]["StringEquals"]["aws:PrincipalAccount"].isdigit()
        # The image layers are the one exception: ECR's presigned requests carry no principal of this account.
        assert [statement["Action"] for statement in others] in ([], ["s3:GetObject"])


def should_keep_s3_traffic_to_the_own_account(stacks: dict[str, Any]) -> None:
    gateway = [e for e in of_type(stacks["network"], "AWS::EC2::VPCEndpoint") if "RouteTableIds" in e["Properties"]]
    (endpoint,) = gateway
    own = endpoint["Properties"]["PolicyDocument"]["Statement"][0]
    assert set(own["Condition"]["StringEquals"]) == {"aws:PrincipalAccount", "aws:ResourceAccount"}


def should_open_security_groups_to_https_only(stacks: dict[str, Any]) -> None:
    for rule in of_type(stacks["network"], "AWS::EC2::SecurityGroupIngress"):
        assert (rule["Properties"]["FromPort"], rule["Properties"]["ToPort"]) == (443, 443)
        assert "SourceSecurityGroupId" in rule["Properties"]
    for group in of_type(stacks["network"], "AWS::EC2::SecurityGroup"):
        assert not group["Properties"].get("SecurityGroupIngress")


def should_rotate_every_key(stacks: dict[str, Any]) -> None:
    assert all(key["Properties"]["EnableKeyRotation"] for key in of_type(stacks["security"], "AWS::KMS::Key"))


def should_admit_only_the_platforms_log_groups_to_the_logs_key(stacks: dict[str, Any], environment: str) -> None:
    documents = [key["Properties"]["KeyPolicy"]["Statement"] for key in of_type(stacks["security"], "AWS::KMS::Key")]
    services = [s for document in documents for s in document if "Service" in s["Principal"]]
    assert len(services) == 1
    condition = services[0]["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    assert text(condition).endswith(f":log-group:/ashlar-{environment}/*")


def should_keep_buckets_private_versioned_and_encrypted(stacks: dict[str, Any]) -> None:
    for bucket in of_type(stacks["data"], "AWS::S3::Bucket"):
        properties = bucket["Properties"]
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
        (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
        assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]
        assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        assert "BucketName" not in properties


def should_refuse_plain_http_on_every_bucket(stacks: dict[str, Any]) -> None:
    policies = of_type(stacks["data"], "AWS::S3::BucketPolicy")
    assert len(policies) == len(of_type(stacks["data"], "AWS::S3::Bucket"))
    for policy in policies:
        denied = [s for s in policy["Properties"]["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert any(s["Condition"] == {"Bool": {"aws:SecureTransport": "false"}} for s in denied)


def should_isolate_every_job(stacks: dict[str, Any]) -> None:
    steps = pipeline_steps(pipeline_definition(stacks["training-reviews"]))
    jobs = [step["Arguments"] for step in steps if "StoppingCondition" in step["Arguments"]]
    assert len(jobs) == 4  # Process, two candidates, Evaluate
    for job in jobs:
        network = job.get("NetworkConfig", job)
        assert network["EnableNetworkIsolation"] is True
        assert network["EnableInterContainerTrafficEncryption"] is True
        assert network["VpcConfig"]["Subnets"]
        cluster = job.get("ResourceConfig") or job["ProcessingResources"]["ClusterConfig"]
        assert cluster["VolumeKmsKeyId"]
        assert (job.get("OutputDataConfig") or job["ProcessingOutputConfig"])["KmsKeyId"]


def should_isolate_every_model(stacks: dict[str, Any]) -> None:
    for model in of_type(stacks["inference-reviews"], "AWS::SageMaker::Model"):
        assert model["Properties"]["EnableNetworkIsolation"] is True
        assert model["Properties"]["VpcConfig"]["Subnets"]
        assert "ModelName" not in model["Properties"]


def should_encrypt_endpoint_volumes_with_a_customer_key(stacks: dict[str, Any]) -> None:
    (config,) = of_type(stacks["inference-reviews"], "AWS::SageMaker::EndpointConfig")
    assert config["Properties"]["KmsKeyId"]


def should_authenticate_every_method_by_iam(stacks: dict[str, Any]) -> None:
    for method in of_type(stacks["front-door"], "AWS::ApiGateway::Method"):
        assert method["Properties"]["AuthorizationType"] == "AWS_IAM"


def should_throttle_and_log_the_api_without_bodies(stacks: dict[str, Any]) -> None:
    (stage,) = of_type(stacks["front-door"], "AWS::ApiGateway::Stage")
    (settings,) = stage["Properties"]["MethodSettings"]
    assert settings["ThrottlingRateLimit"] > 0
    assert settings["DataTraceEnabled"] is False
    assert stage["Properties"]["AccessLogSetting"]["DestinationArn"]


def should_run_functions_in_the_vpc_with_encrypted_settings(stacks: dict[str, Any]) -> None:
    for stack in ("release", "front-door"):
        for function in of_type(stacks[stack], "AWS::Lambda::Function"):
            assert function["Properties"]["VpcConfig"]["SubnetIds"]
            assert function["Properties"]["KmsKeyArn"]


def should_encrypt_and_expire_every_log_group(stacks: dict[str, Any]) -> None:
    for stack in ("release", "front-door"):
        for group in of_type(stacks[stack], "AWS::Logs::LogGroup"):
            assert group["Properties"]["KmsKeyId"]
            assert group["Properties"]["RetentionInDays"] == 365


def should_grant_no_action_by_wildcard(stacks: dict[str, Any]) -> None:
    for name, template in stacks.items():
        for statement in statements(template):
            assert not [a for a in as_list(statement["Action"]) if "*" in a], (name, statement)


# Actions for which the service authorization reference knows no resource or which a job cannot narrow.
ON_ANY_RESOURCE = {
    "cloudwatch:DescribeAlarms",
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "sagemaker:ListModelPackages",
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "application-autoscaling:DescribeScheduledActions",
    "application-autoscaling:ListTagsForResource",
}


def should_grant_on_any_resource_only_what_has_none(stacks: dict[str, Any]) -> None:
    for name, template in stacks.items():
        for statement in statements(template):
            if "*" in as_list(statement["Resource"]):
                left = {a for a in as_list(statement["Action"]) if not a.startswith("ec2:")} - ON_ANY_RESOURCE
                assert not left, (name, statement)


def should_pass_roles_to_a_named_service_only(stacks: dict[str, Any]) -> None:
    passing = [s for t in stacks.values() for s in statements(t) if "iam:PassRole" in as_list(s["Action"])]
    assert len(passing) == 3  # pipeline -> jobs, release -> hosting, reconciler -> release
    for statement in passing:
        assert "*" not in as_list(statement["Resource"])
        assert statement["Condition"]["StringEquals"]["iam:PassedToService"].endswith(".amazonaws.com")


def should_let_the_reconciler_update_only_as_the_release_role(stacks: dict[str, Any]) -> None:
    (update,) = [s for s in statements(stacks["release"]) if "cloudformation:UpdateStack" in as_list(s["Action"])]
    assert set(update["Condition"]["StringEquals"]) == {"cloudformation:RoleArn"}
    assert "ashlar" in text(update["Resource"])
    assert "inference-reviews/*" in text(update["Resource"])


def should_let_nobody_but_the_configuration_decide_what_is_approved(stacks: dict[str, Any]) -> None:
    """In these environments a passed gate approves; the reconciler may only reject."""
    for stack, action, allowed in (
        ("training-reviews", "sagemaker:CreateModelPackage", "Approved"),
        ("release", "sagemaker:UpdateModelPackage", "Rejected"),
    ):
        (statement,) = [s for s in statements(stacks[stack]) if action in as_list(s["Action"])]
        assert statement["Condition"]["StringEquals"] == {"sagemaker:ModelApprovalStatus": allowed}


def should_release_with_a_role_of_one_endpoints_resources(stacks: dict[str, Any], environment: str) -> None:
    verbs = ("sagemaker:CreateModel", "sagemaker:CreateEndpointConfig", "sagemaker:CreateEndpoint")
    found = [s for s in statements(stacks["release"]) if set(verbs) & set(as_list(s["Action"]))]
    assert len(found) == len(verbs)
    for statement in found:
        for resource in as_list(statement["Resource"]):
            assert f"ashlar{environment}reviews" in text(resource).replace("-", "")


def should_trust_services_for_this_account_only(stacks: dict[str, Any]) -> None:
    for template in stacks.values():
        for role in template["Resources"].values():
            if role["Type"] != "AWS::IAM::Role":
                continue
            for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
                service = statement["Principal"].get("Service")
                # Lambda and API Gateway send no source account when they assume a role.
                if service and service not in ("lambda.amazonaws.com", "apigateway.amazonaws.com"):
                    assert "aws:SourceAccount" in statement["Condition"]["StringEquals"], service
