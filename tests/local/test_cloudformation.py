"""Types and properties: what is there acts, what is not there is an error."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local import stacks
from tests.local.cloud import LocalCloud


def _one(resource_type: str, **properties: Any) -> stacks.Template:
    return {"Resources": {"It": {"Type": resource_type, "Properties": properties}}}


def _unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def should_refuse_a_type_that_is_not_provided(local_cloud: LocalCloud) -> None:
    with pytest.raises(ClientError, match=r"AWS::SageMaker::MlflowApp.*docs/local\.md"):
        stacks.deploy(local_cloud, "unknown-type", _one("AWS::SageMaker::MlflowApp"))


def should_refuse_a_type_that_ministack_has_but_nobody_audited(local_cloud: LocalCloud) -> None:
    with pytest.raises(ClientError, match=r"AWS::EKS::Cluster.*docs/local\.md"):
        stacks.deploy(local_cloud, "unaudited-type", _one("AWS::EKS::Cluster"))


def should_fail_a_resource_whose_property_would_be_ignored(local_cloud: LocalCloud) -> None:
    name = _unique("ignored")
    template = _one("AWS::S3::Bucket", BucketName=name, ReplicationConfiguration={"Role": "r", "Rules": []})
    assert stacks.deploy(local_cloud, name, template)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "would ignore ReplicationConfiguration" in stacks.failures(local_cloud, name)
    assert name not in [bucket["Name"] for bucket in local_cloud.client("s3").list_buckets()["Buckets"]]


def should_name_an_unknown_property_of_a_type_of_our_own(local_cloud: LocalCloud) -> None:
    name = _unique("unknown-property")
    template = _one(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        MinCapacity=1, MaxCapacity=2, ResourceId="endpoint/a/variant/b", ServiceNamespace="sagemaker",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount", Cooldown=60,
    )  # fmt: skip
    assert stacks.deploy(local_cloud, name, template)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "has no property Cooldown" in stacks.failures(local_cloud, name)


def should_encrypt_expire_and_tag_a_bucket_as_the_template_says(local_cloud: LocalCloud) -> None:
    name = _unique("bucket")
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/some-key"}
    template = _one(
        "AWS::S3::Bucket",
        BucketName=name,
        BucketEncryption={
            "ServerSideEncryptionConfiguration": [{"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": default}]
        },
        LifecycleConfiguration={
            "Rules": [{"Id": "old", "Status": "Enabled", "ExpirationInDays": 90, "Prefix": "raw/"}]
        },
        Tags=[{"Key": "project", "Value": "ashlar"}],
    )
    assert stacks.deploy(local_cloud, name, template)["StackStatus"] == "CREATE_COMPLETE", stacks.failures(
        local_cloud, name
    )
    s3 = local_cloud.client("s3")
    rule = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == default
    assert s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"][0]["Expiration"] == {"Days": 90}
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "project", "Value": "ashlar"}]


def should_encrypt_and_tag_a_bucket_that_replaces_another(local_cloud: LocalCloud) -> None:
    name = _unique("replaced")
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/some-key"}
    template = _one(
        "AWS::S3::Bucket",
        BucketName={"Ref": "Name"},
        BucketEncryption={"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": default}]},
        Tags=[{"Key": "project", "Value": "ashlar"}],
    )
    template["Parameters"] = {"Name": {"Type": "String"}}
    assert stacks.deploy(local_cloud, name, template, Name=f"{name}-1")["StackStatus"] == "CREATE_COMPLETE"
    stacks.update(local_cloud, name, Name=f"{name}-2")
    assert stacks.settled(local_cloud, name)["StackStatus"] == "UPDATE_COMPLETE", stacks.failures(local_cloud, name)
    s3 = local_cloud.client("s3")
    rule = s3.get_bucket_encryption(Bucket=f"{name}-2")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == default
    assert s3.get_bucket_tagging(Bucket=f"{name}-2")["TagSet"] == [{"Key": "project", "Value": "ashlar"}]


def should_refuse_a_group_policy_before_the_group_is_made(local_cloud: LocalCloud) -> None:
    name = _unique("policy")
    template = _one("AWS::SageMaker::ModelPackageGroup", ModelPackageGroupName=name, ModelPackageGroupPolicy={})
    assert stacks.deploy(local_cloud, name, template)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "has no property ModelPackageGroupPolicy" in stacks.failures(local_cloud, name)
    assert not local_cloud.client("sagemaker").list_model_package_groups(NameContains=name)[
        "ModelPackageGroupSummaryList"
    ]


def should_hold_a_role_within_its_permissions_boundary(local_cloud: LocalCloud) -> None:
    name = _unique("bounded")
    allow = {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "sqs:ListQueues"], "Resource": "*"}
    trust = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}
    boundary = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow]}}
    template: stacks.Template = {
        "Resources": {
            "Boundary": {
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {"PolicyDocument": {"Version": "2012-10-17", "Statement": [boundary]}},
            },
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                    "Policies": [policy],
                    "PermissionsBoundary": {"Ref": "Boundary"},
                },
            },
        }
    }
    assert stacks.deploy(local_cloud, name, template)["StackStatus"] == "CREATE_COMPLETE"
    role = f"arn:aws:iam::123456789012:role/{stacks.resources(local_cloud, name)['Role']}"
    credentials = stacks.credentials_of(local_cloud, role)
    local_cloud.client("sqs", credentials).list_queues()
    with pytest.raises(ClientError, match="AccessDenied"):
        local_cloud.client("s3", credentials).list_buckets()


def should_create_security_group_rules_and_vpc_attributes(local_cloud: LocalCloud) -> None:
    name = _unique("network")
    template: stacks.Template = {
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}},
            "Group": {
                "Type": "AWS::EC2::SecurityGroup",
                "Properties": {"GroupDescription": "jobs", "VpcId": {"Ref": "Vpc"}},
            },
            "Rule": {
                "Type": "AWS::EC2::SecurityGroupIngress",
                "Properties": {
                    "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
                    "IpProtocol": "tcp",
                    "FromPort": 443,
                    "ToPort": 443,
                    "SourceSecurityGroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
                },
            },
        },
        "Outputs": {"Cidr": {"Value": {"Fn::GetAtt": ["Vpc", "CidrBlock"]}}},
    }
    stack = stacks.deploy(local_cloud, name, template)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.failures(local_cloud, name)
    assert stack["Outputs"][0]["OutputValue"] == "10.9.0.0/16"
    group = stacks.resources(local_cloud, name)["Group"]
    found = local_cloud.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    assert [(rule["FromPort"], rule["UserIdGroupPairs"][0]["GroupId"]) for rule in found] == [(443, group)]


def should_record_a_functions_reserved_concurrency(local_cloud: LocalCloud) -> None:
    name = _unique("function")
    role = stacks.make_role(local_cloud, name, "lambda.amazonaws.com")
    template = _one(
        "AWS::Lambda::Function",
        Role=role, Runtime="python3.13", Handler="index.handler", ReservedConcurrentExecutions=3,
        Code={"ZipFile": "def handler(event, context):\n    return 1\n"},
    )  # fmt: skip
    assert stacks.deploy(local_cloud, name, template)["StackStatus"] == "CREATE_COMPLETE", stacks.failures(
        local_cloud, name
    )
    function = stacks.resources(local_cloud, name)["It"]
    concurrency = local_cloud.client("lambda").get_function_concurrency(FunctionName=function)
    assert concurrency["ReservedConcurrentExecutions"] == 3


def should_validate_request_bodies_where_a_method_asks_for_it(local_cloud: LocalCloud) -> None:
    name = _unique("api")
    api = {"Ref": "Api"}
    template: stacks.Template = {
        "Resources": {
            "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": name}},
            "Validator": {
                "Type": "AWS::ApiGateway::RequestValidator",
                "Properties": {"RestApiId": api, "ValidateRequestBody": True},
            },
            "Method": {
                "Type": "AWS::ApiGateway::Method",
                "Properties": {
                    "RestApiId": api,
                    "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
                    "HttpMethod": "POST",
                    "AuthorizationType": "AWS_IAM",
                    "RequestValidatorId": {"Ref": "Validator"},
                },
            },
        }
    }
    assert stacks.deploy(local_cloud, name, template)["StackStatus"] == "CREATE_COMPLETE", stacks.failures(
        local_cloud, name
    )
    found = stacks.resources(local_cloud, name)
    client = local_cloud.client("apigateway")
    assert client.get_request_validators(restApiId=found["Api"])["items"][0]["validateRequestBody"] is True
    root = client.get_resources(restApiId=found["Api"])["items"][0]["id"]
    method = client.get_method(restApiId=found["Api"], resourceId=root, httpMethod="POST")
    assert method["requestValidatorId"] == found["Validator"]


def should_answer_ref_and_getatt_of_sagemaker_types_as_cloudformation_does(local_cloud: LocalCloud) -> None:
    name = _unique("refs")
    template: stacks.Template = {
        "Resources": {
            "Group": {
                "Type": "AWS::SageMaker::ModelPackageGroup",
                "Properties": {"ModelPackageGroupName": name, "Tags": [{"Key": "a", "Value": "b"}]},
            }
        },
        "Outputs": {
            "Ref": {"Value": {"Ref": "Group"}},
            "Arn": {"Value": {"Fn::GetAtt": ["Group", "ModelPackageGroupArn"]}},
            "Status": {"Value": {"Fn::GetAtt": ["Group", "ModelPackageGroupStatus"]}},
        },
    }
    stack = stacks.deploy(local_cloud, name, template)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.failures(local_cloud, name)
    values = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    arn = f"arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/{name}"
    assert values == {"Ref": arn, "Arn": arn, "Status": "Completed"}
    local_cloud.client("cloudformation").delete_stack(StackName=name)
    stacks.settled(local_cloud, json.loads(json.dumps(stack["StackId"])))
