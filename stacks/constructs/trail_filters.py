"""The CIS benchmark's metric filters over a CloudTrail log group, as data.

Security Hub's CloudWatch.1 to .14 pass only with these very patterns, no term more and none less: do not improve them.
Source: AWS Security Hub user guide, controls for Amazon CloudWatch; CIS AWS Foundations Benchmark 1.4.0, section 4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class TrailFilter:
    """`control` is Security Hub's number, `metric` the metric's name, `event` what an operator reads."""

    control: str
    metric: str
    event: str
    pattern: str


def _named(events: Iterable[str]) -> str:
    return " || ".join(f"($.eventName={event})" for event in events)


def _of(service: str, *events: str) -> str:
    return f"{{($.eventSource={service}.amazonaws.com) && ({_named(events)})}}"


def _any(*events: str) -> str:
    return f"{{{_named(events)}}}"


ROOT = '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}'
UNAUTHORIZED = '{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}'
WITHOUT_MFA = (
    '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && '
    '($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }'
)
FAILED_SIGN_IN = '{($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")}'
IAM_POLICIES = _of(
    "iam",
    *("DeleteGroupPolicy", "DeleteRolePolicy", "DeleteUserPolicy", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy"),
    *("CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion"),
    *("AttachRolePolicy", "DetachRolePolicy", "AttachUserPolicy", "DetachUserPolicy"),
    *("AttachGroupPolicy", "DetachGroupPolicy"),
)
BUCKET_POLICIES = _of(
    "s3",
    *("PutBucketAcl", "PutBucketPolicy", "PutBucketCors", "PutBucketLifecycle", "PutBucketReplication"),
    *("DeleteBucketPolicy", "DeleteBucketCors", "DeleteBucketLifecycle", "DeleteBucketReplication"),
)
CONFIG = _of(
    "config", "StopConfigurationRecorder", "DeleteDeliveryChannel", "PutDeliveryChannel", "PutConfigurationRecorder"
)
SECURITY_GROUPS = _any(
    *("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"),
    *("RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress", "CreateSecurityGroup", "DeleteSecurityGroup"),
)
NETWORK_ACLS = _any(
    *("CreateNetworkAcl", "CreateNetworkAclEntry", "DeleteNetworkAcl", "DeleteNetworkAclEntry"),
    *("ReplaceNetworkAclEntry", "ReplaceNetworkAclAssociation"),
)
GATEWAYS = _any(
    *("CreateCustomerGateway", "DeleteCustomerGateway", "AttachInternetGateway"),
    *("CreateInternetGateway", "DeleteInternetGateway", "DetachInternetGateway"),
)
ROUTE_TABLES = _of(
    "ec2",
    *("CreateRoute", "CreateRouteTable", "ReplaceRoute", "ReplaceRouteTableAssociation"),
    *("DeleteRouteTable", "DeleteRoute", "DisassociateRouteTable"),
)
VPCS = _any(
    *("CreateVpc", "DeleteVpc", "ModifyVpcAttribute", "AcceptVpcPeeringConnection", "CreateVpcPeeringConnection"),
    *("DeleteVpcPeeringConnection", "RejectVpcPeeringConnection", "AttachClassicLinkVpc", "DetachClassicLinkVpc"),
    *("DisableVpcClassicLink", "EnableVpcClassicLink"),
)

TRAIL_FILTERS = (
    TrailFilter("CloudWatch.1", "RootUsage", "the root user did something", ROOT),
    TrailFilter("CloudWatch.2", "UnauthorizedCalls", "calls were refused as unauthorised", UNAUTHORIZED),
    TrailFilter("CloudWatch.3", "SignInWithoutMfa", "a user signed in to the console without MFA", WITHOUT_MFA),
    TrailFilter("CloudWatch.4", "IamPolicyChanges", "an IAM policy changed", IAM_POLICIES),
    TrailFilter(
        "CloudWatch.5",
        "TrailChanges",
        "a trail was changed, started or stopped",
        _any("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"),
    ),
    TrailFilter("CloudWatch.6", "FailedSignIns", "a sign-in to the console failed", FAILED_SIGN_IN),
    TrailFilter(
        "CloudWatch.7",
        "KeyRemovals",
        "a KMS key was disabled or is to be deleted",
        _of("kms", "DisableKey", "ScheduleKeyDeletion"),
    ),
    TrailFilter("CloudWatch.8", "BucketPolicyChanges", "a bucket's policy changed", BUCKET_POLICIES),
    TrailFilter("CloudWatch.9", "ConfigChanges", "AWS Config's recording changed", CONFIG),
    TrailFilter("CloudWatch.10", "SecurityGroupChanges", "a security group changed", SECURITY_GROUPS),
    TrailFilter("CloudWatch.11", "NetworkAclChanges", "a network ACL changed", NETWORK_ACLS),
    TrailFilter("CloudWatch.12", "GatewayChanges", "an internet or customer gateway changed", GATEWAYS),
    TrailFilter("CloudWatch.13", "RouteTableChanges", "a route table changed", ROUTE_TABLES),
    TrailFilter("CloudWatch.14", "VpcChanges", "a VPC or a peering changed", VPCS),
)
