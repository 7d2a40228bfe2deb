"""Templates of several stacks as the policies that they deploy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from review.iam import Deployed, PolicyError, TemplateError
from review.iam.intrinsics import Intrinsics

ACCOUNT, REGION = "111122223333", "eu-west-1"
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]}
DATA: dict[str, Any] = {
    "Parameters": {"Package": {"Type": "String", "Default": "none"}, "Given": {"Type": "String"}},
    "Conditions": {
        "Released": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Package"}, "none"]}]},
        "Never": {"Fn::And": [{"Condition": "Released"}, {"Fn::Equals": ["a", "a"]}]},
        "Always": {"Fn::Or": [{"Condition": "Released"}, {"Fn::Equals": ["a", "a"]}]},
    },
    "Resources": {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {}},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "operators"}},
        "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {}},
        "Model": {"Type": "AWS::SageMaker::Model", "Properties": {"ModelName": "Upper"}},
    },
    "Outputs": {
        "Out": {"Value": {"Fn::GetAtt": ["Bucket", "Arn"]}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}:Bucket"}}}
    },
}


def roles(**role: Any) -> dict[str, Any]:
    properties = {"Path": "/p/training/", "AssumeRolePolicyDocument": TRUST, **role}
    return {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}}


def managed(**policy: Any) -> dict[str, Any]:
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": ALLOW, **policy}}


def deployed(**templates: dict[str, Any]) -> Deployed:
    return Deployed(templates, account=ACCOUNT, region=REGION)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Bucket"}, "data-bucket"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "arn:aws:s3:::data-bucket"),
        ({"Fn::GetAtt": "Bucket.Arn"}, "arn:aws:s3:::data-bucket"),
        ({"Fn::GetAtt": ["Bucket", "RegionalDomainName"]}, "data-bucket"),
        ({"Fn::GetAtt": ["Bucket", "Other"]}, "data-bucket.Other"),
        ({"Ref": "Topic"}, "arn:aws:sns:eu-west-1:111122223333:operators"),
        ({"Fn::GetAtt": ["Group", "GroupId"]}, "data-Group"),
        ({"Ref": "Model"}, "arn:aws:sagemaker:eu-west-1:111122223333:model/upper"),
        ({"Ref": "AWS::AccountId"}, ACCOUNT),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
        ({"Ref": "Package"}, "none"),
        ({"Ref": "Given"}, "{Given}"),
        ({"Fn::Join": [":", ["a", {"Ref": "AWS::Region"}]]}, "a:eu-west-1"),
        ({"Fn::Sub": "${Bucket.Arn}/${!literal}/${AWS::Region}"}, "arn:aws:s3:::data-bucket/${literal}/eu-west-1"),
        ({"Fn::Sub": ["${x}", {"x": {"Ref": "Bucket"}}]}, "data-bucket"),
        ({"Fn::Select": ["1", {"Fn::Split": [":", "a:b"]}]}, "b"),
        ({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, "eu-west-1a"),
        ({"Fn::ImportValue": "data:Bucket"}, "arn:aws:s3:::data-bucket"),
        ({"Fn::If": ["Released", "yes", "no"]}, "no"),
        ({"Fn::If": ["Never", "yes", "no"]}, "no"),
        ({"Fn::If": ["Always", "yes", "no"]}, "yes"),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, 1]}, {"b": [1]}),
        (
            {"Condition": {"StringEquals": {"aws:SourceArn": {"Ref": "Topic"}}}},
            {"Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:operators"}}},
        ),
    ],
)
def should_resolve_every_function_to_a_stable_value(value: Any, expected: Any) -> None:
    intrinsics = Intrinsics({"data": DATA}, account=ACCOUNT, region=REGION, partition="aws")
    assert intrinsics.value("data", value) == expected


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"Ref": "Missing"}, "data: 'Missing' is neither a parameter nor a resource"),
        ({"Fn::ImportValue": "other:Bucket"}, "data: imports 'other:Bucket', which no stack exports"),
        ({"Fn::Cidr": ["10.0.0.0/16", 1, 8]}, "data: Fn::Cidr is not supported"),
    ],
)
def should_name_what_no_template_explains(value: Any, says: str) -> None:
    with pytest.raises(TemplateError, match=says):
        Intrinsics({"data": DATA}, account=ACCOUNT, region=REGION, partition="aws").value("data", value)


def should_use_the_partition_of_the_region() -> None:
    intrinsics = Intrinsics({"data": DATA}, account=ACCOUNT, region="cn-north-1", partition="aws-cn")
    assert intrinsics.value("data", {"Ref": "AWS::URLSuffix"}) == "amazonaws.com.cn"
    assert intrinsics.arn("data", "Topic") == "arn:aws-cn:sns:cn-north-1:111122223333:operators"


def should_find_a_roles_policies_from_either_side_and_across_stacks() -> None:
    attached = managed(ManagedPolicyName="own", Path="/p/")
    own = roles(
        ManagedPolicyArns=[f"arn:aws:iam::{ACCOUNT}:policy/p/own"],
        PermissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/p/own",
        Policies=[{"PolicyName": "inline", "PolicyDocument": ALLOW}],
    )
    own["Resources"]["Beside"] = managed(Roles=[{"Ref": "Role"}])
    found = deployed(app=own, bootstrap={"Resources": {"Own": attached}})
    role = found.role(path="/training/")
    assert [p.source for p in found.identity(role)] == ["bootstrap/Own", "app/Beside", "app/Role/inline"]
    assert [p.source for p in found.boundary(role) or []] == ["bootstrap/Own"]
    assert [p.source for p in found.trust(role)] == ["app/Role"]


def should_not_guess_what_stands_in_a_policy_of_aws() -> None:
    found = deployed(app=roles(ManagedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"]))
    with pytest.raises(TemplateError, match="ReadOnlyAccess is not in the templates"):
        found.identity(found.role(path="/training/"))


def should_tell_no_boundary_from_one_that_is_elsewhere() -> None:
    free = deployed(app=roles())
    assert free.boundary(free.role(path="/training/")) is None
    elsewhere = deployed(app=roles(PermissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/theirs"))
    with pytest.raises(TemplateError, match="theirs is not in the templates"):
        elsewhere.boundary(elsewhere.role(path="/training/"))


def should_name_the_role_that_is_missing_or_not_the_only_one() -> None:
    with pytest.raises(TemplateError, match=r"sought one role /hosting/, found 0: none"):
        deployed(app=roles()).role(path="/hosting/")
    with pytest.raises(TemplateError, match=r"sought one role /training/, found 2: a/Role, b/Role"):
        deployed(a=roles(), b=roles()).role(path="/training/")


def should_name_the_policy_that_iam_would_refuse() -> None:
    broken = json.loads(json.dumps(ALLOW).replace("Allow", "allow"))
    found = deployed(app=roles(Policies=[{"PolicyName": "inline", "PolicyDocument": broken}]))
    with pytest.raises(PolicyError, match=r"^app/Role/inline, statement 0: Effect"):
        found.identity(found.role(path="/training/"))


def should_give_the_policies_of_buckets_keys_and_endpoints() -> None:
    document = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}
    stack = {
        "Resources": {
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {}},
            "Open": {"Type": "AWS::S3::Bucket", "Properties": {}},
            "Policy": {
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": document},
            },
            "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": document}},
            "S3": {
                "Type": "AWS::EC2::VPCEndpoint",
                "Properties": {
                    "ServiceName": {"Fn::Sub": "com.amazonaws.${AWS::Region}.s3"},
                    "PolicyDocument": document,
                },
            },
        }
    }
    found = deployed(s=stack)
    bucket, unguarded = found.of("AWS::S3::Bucket")
    assert [p.source for p in found.bucket_policy(bucket)] == ["s/Policy"]
    assert found.bucket_policy(unguarded) == []
    assert [p.source for p in found.key_policy(found.of("AWS::KMS::Key")[0])] == ["s/Key"]
    assert [p.source for p in found.endpoint_policy("s3")] == ["s/S3"]


def should_take_a_stack_without_resources() -> None:
    """Where an organisation brings its own keys, the stack of keys is empty."""
    assert deployed(empty={"Parameters": {}}).resources == []
