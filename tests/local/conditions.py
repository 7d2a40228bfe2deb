"""A VPC with its S3 endpoint and a bucket that only that endpoint reaches, for the tests of IAM's conditions."""

from __future__ import annotations

from typing import Any

from tests.local.stacks import Template

ACCOUNT = "123456789012"


def perimeter(exempt: str = "arn:aws:iam::123456789012:role/nobody", **endpoint: Any) -> Template:
    """A subnet, its endpoint for S3 and a bucket; `exempt` may reach the bucket from anywhere."""
    return {
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.8.0.0/16"}},
            "Subnet": {
                "Type": "AWS::EC2::Subnet",
                "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.8.1.0/24"},
            },
            "Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
            "Route": {
                "Type": "AWS::EC2::SubnetRouteTableAssociation",
                "Properties": {"RouteTableId": {"Ref": "Table"}, "SubnetId": {"Ref": "Subnet"}},
            },
            "Group": {
                "Type": "AWS::EC2::SecurityGroup",
                "Properties": {"GroupDescription": "jobs", "VpcId": {"Ref": "Vpc"}},
            },
            "Endpoint": {
                "Type": "AWS::EC2::VPCEndpoint",
                "Properties": {
                    "VpcId": {"Ref": "Vpc"},
                    "VpcEndpointType": "Gateway",
                    "ServiceName": "com.amazonaws.eu-west-1.s3",
                    "RouteTableIds": [{"Ref": "Table"}],
                    **endpoint,
                },
            },
            "Bucket": {"Type": "AWS::S3::Bucket"},
            "Policy": {
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {
                    "Bucket": {"Ref": "Bucket"},
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": [_deny_from_elsewhere(exempt)]},
                },
            },
        }
    }


def _deny_from_elsewhere(exempt: str) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
        "Resource": [{"Fn::GetAtt": ["Bucket", "Arn"]}, {"Fn::Sub": "${Bucket.Arn}/*"}],
        "Condition": {
            "StringNotEquals": {"aws:SourceVpce": {"Ref": "Endpoint"}},
            "ArnNotLike": {"aws:PrincipalArn": exempt},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"},
        },
    }
