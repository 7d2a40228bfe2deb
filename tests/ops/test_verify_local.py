"""The verification against APIs that answer: a stack of its own, as declared and then changed behind its back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from config import load_environment
from ops.checks.cloud import Cloud
from ops.checks.row import Row, Verdict, row
from ops.verify import foundation
from ops.verify.deployment import Deployment
from tests.local.cloud import LocalCloud, eventually
from tests.ops.conftest import OfTheLocalCloud

NAME = "ashlar-local-verified"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Own", "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": ["*"]},
    ],
}
TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": []}}},
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {
                            "ServerSideEncryptionByDefault": {
                                "SSEAlgorithm": "aws:kms",
                                "KMSMasterKeyID": {"Fn::GetAtt": ["Key", "Arn"]},
                            }
                        }
                    ]
                }
            },
        },
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.77.0.0/16"}},
        "Way": {
            "Type": "AWS::EC2::VPCEndpoint",
            "Properties": {
                "VpcId": {"Ref": "Vpc"},
                "ServiceName": "com.amazonaws.eu-west-1.s3",
                "VpcEndpointType": "Gateway",
                "PolicyDocument": POLICY,
            },
        },
    }
}


@pytest.fixture
def deployment(cloud: LocalCloud) -> Iterator[Deployment]:
    """Of the environment `local`, with the one stack above."""
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(
        StackName=NAME,
        TemplateBody=json.dumps(TEMPLATE),
        Tags=[{"Key": "platform", "Value": "ashlar"}, {"Key": "environment", "Value": "local"}],
    )

    def status() -> str:
        found: str = cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]["StackStatus"]
        return "" if found.endswith("IN_PROGRESS") else found

    assert eventually(status) == "CREATE_COMPLETE"
    platform = load_environment("local")
    yield Deployment(Cloud(OfTheLocalCloud(platform, cloud)), platform)
    cloudformation.delete_stack(StackName=NAME)


def rows(deployment: Deployment) -> dict[str, Row]:
    found = [row(check, deployment.cloud, unanswered=Verdict.ERROR) for check in foundation.checks(deployment)]
    return {its.check: its for its in found}


def should_find_a_bucket_that_was_changed_behind_its_stacks_back(cloud: LocalCloud, deployment: Deployment) -> None:
    before = rows(deployment)
    assert {name: its.verdict for name, its in before.items()} == dict.fromkeys(before, Verdict.OK)
    assert set(before) == {
        f"stack {NAME}",
        "roles: permissions boundary",
        f"bucket Bucket of {NAME}",
        "VPC endpoint Way",
    }
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    cloud.client("s3").put_bucket_encryption(
        Bucket=deployment.stacks[NAME].physical("Bucket"), ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    after = rows(deployment)[f"bucket Bucket of {NAME}"]
    assert (after.verdict, after.found) == (Verdict.ERROR, "AES256")
    assert after.needed.startswith("aws:kms ")
