"""The call that creates each type of resource: its action, and what CloudFormation makes it on.

CloudFormation's own names begin with the stack's, but for SageMaker's models and configurations: with the logical id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from review.iam.template import Resource

On = Callable[[Resource], list[str]]
ACCOUNT, REGION = "111122223333", "eu-west-1"


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def itself(resource: Resource) -> list[str]:
    return [resource.arn]


def anything(resource: Resource) -> list[str]:
    """What creating it names no resource for."""
    return ["*"]


def scalable_target(resource: Resource) -> list[str]:
    """An opaque id, that Application Auto Scaling makes up."""
    return [_arn("application-autoscaling", "scalable-target/1a2b3c")]


def listed(property: str) -> On:
    """The resources that a property names."""
    return lambda resource: _texts(resource.properties[property])


def by_logical_id(kind: str) -> On:
    return lambda resource: [_arn("sagemaker", f"{kind}/{resource.logical_id.lower()}-1a2b3c")]


def api(path: str) -> On:
    return lambda _: [f"arn:aws:apigateway:{REGION}::{path}"]


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _queue(resource: Resource) -> list[str]:
    return [_arn("sqs", name) for name in resource.properties["Queues"]]


def _log_group(resource: Resource) -> list[str]:
    return [_arn("logs", f"log-group:{resource.properties['LogGroupName']}:*")]


def _bucket(resource: Resource) -> list[str]:
    return [f"arn:aws:s3:::{resource.properties['Bucket']}"]


def _association(resource: Resource) -> list[str]:
    return [resource.properties["WebACLArn"], resource.properties["ResourceArn"]]


def _alias(resource: Resource) -> list[str]:
    return [_arn("kms", resource.properties["AliasName"]), _arn("kms", f"key/{resource.properties['TargetKeyId']}")]


def _function(resource: Resource) -> list[str]:
    return [_arn("lambda", f"function:{resource.properties['FunctionName']}")]


def _user_pool(resource: Resource) -> list[str]:
    return [_arn("cognito-idp", f"userpool/{REGION}_1a2b3c")]


def _web_acl(resource: Resource) -> list[str]:
    return [f"{resource.arn}/1a2b3c"]


EC2 = {
    "EIP": "AllocateAddress",
    "FlowLog": "CreateFlowLogs",
    "InternetGateway": "CreateInternetGateway",
    "NatGateway": "CreateNatGateway",
    "Route": "CreateRoute",
    "RouteTable": "CreateRouteTable",
    "SecurityGroup": "CreateSecurityGroup",
    "SecurityGroupEgress": "AuthorizeSecurityGroupEgress",
    "SecurityGroupIngress": "AuthorizeSecurityGroupIngress",
    "Subnet": "CreateSubnet",
    "SubnetRouteTableAssociation": "AssociateRouteTable",
    "VPC": "CreateVpc",
    "VPCEndpoint": "CreateVpcEndpoint",
    "VPCGatewayAttachment": "AttachInternetGateway",
}
CREATE: Mapping[str, tuple[str, On]] = {
    "AWS::AccessAnalyzer::Analyzer": (
        "access-analyzer:CreateAnalyzer",
        lambda it: [_arn("access-analyzer", f"analyzer/{it.properties['AnalyzerName']}")],
    ),
    "AWS::ApiGateway::Account": ("apigateway:PATCH", api("/account")),
    "AWS::ApiGateway::ApiKey": ("apigateway:POST", api("/apikeys")),
    "AWS::ApiGateway::Authorizer": ("apigateway:POST", api("/restapis/1a2b3c/authorizers")),
    "AWS::ApiGateway::BasePathMapping": ("apigateway:POST", api("/domainnames/api.example.com/basepathmappings")),
    "AWS::ApiGateway::Deployment": ("apigateway:POST", api("/restapis/1a2b3c/deployments")),
    "AWS::ApiGateway::DomainName": ("apigateway:POST", api("/domainnames")),
    "AWS::ApiGateway::GatewayResponse": ("apigateway:PUT", api("/restapis/1a2b3c/gatewayresponses/THROTTLED")),
    "AWS::ApiGateway::Method": ("apigateway:PUT", api("/restapis/1a2b3c/resources/1/methods/POST")),
    "AWS::ApiGateway::RequestValidator": ("apigateway:POST", api("/restapis/1a2b3c/requestvalidators")),
    "AWS::ApiGateway::Resource": ("apigateway:POST", api("/restapis/1a2b3c/resources/1")),
    "AWS::ApiGateway::RestApi": ("apigateway:POST", api("/restapis")),
    "AWS::ApiGateway::Stage": ("apigateway:POST", api("/restapis/1a2b3c/stages")),
    "AWS::ApiGateway::UsagePlan": ("apigateway:POST", api("/usageplans")),
    "AWS::ApiGateway::UsagePlanKey": ("apigateway:POST", api("/usageplans/1a2b3c/keys")),
    "AWS::ApplicationAutoScaling::ScalableTarget": ("application-autoscaling:RegisterScalableTarget", scalable_target),
    "AWS::ApplicationAutoScaling::ScalingPolicy": ("application-autoscaling:PutScalingPolicy", scalable_target),
    "AWS::CloudTrail::Trail": ("cloudtrail:CreateTrail", itself),
    "AWS::CloudWatch::Alarm": ("cloudwatch:PutMetricAlarm", itself),
    "AWS::Cognito::UserPool": ("cognito-idp:CreateUserPool", anything),
    "AWS::Cognito::UserPoolClient": ("cognito-idp:CreateUserPoolClient", _user_pool),
    "AWS::Cognito::UserPoolDomain": ("cognito-idp:CreateUserPoolDomain", _user_pool),
    "AWS::Cognito::UserPoolResourceServer": ("cognito-idp:CreateResourceServer", _user_pool),
    **{f"AWS::EC2::{noun}": (f"ec2:{verb}", anything) for noun, verb in EC2.items()},
    "AWS::Events::Rule": ("events:PutRule", itself),
    "AWS::IAM::ManagedPolicy": ("iam:CreatePolicy", itself),
    "AWS::IAM::Role": ("iam:CreateRole", itself),
    "AWS::KMS::Alias": ("kms:CreateAlias", _alias),
    "AWS::KMS::Key": ("kms:CreateKey", anything),
    "AWS::Lambda::Alias": ("lambda:CreateAlias", _function),
    "AWS::Lambda::Function": ("lambda:CreateFunction", itself),
    "AWS::Lambda::Permission": ("lambda:AddPermission", listed("FunctionName")),
    "AWS::Lambda::Version": ("lambda:PublishVersion", _function),
    "AWS::Logs::LogGroup": ("logs:CreateLogGroup", itself),
    "AWS::Logs::MetricFilter": ("logs:PutMetricFilter", _log_group),
    "AWS::Route53::RecordSet": (
        "route53:ChangeResourceRecordSets",
        lambda it: [f"arn:aws:route53:::hostedzone/{it.properties['HostedZoneId']}"],
    ),
    "AWS::S3::Bucket": ("s3:CreateBucket", itself),
    "AWS::S3::BucketPolicy": ("s3:PutBucketPolicy", _bucket),
    "AWS::SNS::Subscription": ("sns:Subscribe", listed("TopicArn")),
    "AWS::SNS::Topic": ("sns:CreateTopic", itself),
    "AWS::SNS::TopicPolicy": ("sns:SetTopicAttributes", listed("Topics")),
    "AWS::SQS::Queue": ("sqs:CreateQueue", itself),
    "AWS::SQS::QueuePolicy": ("sqs:SetQueueAttributes", _queue),
    "AWS::SageMaker::Endpoint": ("sagemaker:CreateEndpoint", itself),
    "AWS::SageMaker::EndpointConfig": ("sagemaker:CreateEndpointConfig", by_logical_id("endpoint-config")),
    "AWS::SageMaker::Model": ("sagemaker:CreateModel", by_logical_id("model")),
    "AWS::SageMaker::ModelPackageGroup": ("sagemaker:CreateModelPackageGroup", itself),
    "AWS::SageMaker::Pipeline": ("sagemaker:CreatePipeline", itself),
    "AWS::Scheduler::Schedule": (
        "scheduler:CreateSchedule",
        lambda it: [_arn("scheduler", f"schedule/default/{it.stack}-Schedule-1a2b3c")],
    ),
    "AWS::WAFv2::LoggingConfiguration": (
        "wafv2:PutLoggingConfiguration",
        lambda it: [f"{it.properties['ResourceArn']}/1"],
    ),
    "AWS::WAFv2::WebACL": ("wafv2:CreateWebACL", _web_acl),
    "AWS::WAFv2::WebACLAssociation": ("wafv2:AssociateWebACL", _association),
    **{
        f"Custom::{noun}": ("lambda:InvokeFunction", listed("ServiceToken"))
        for noun in ("ClosedDefaultSecurityGroup", "LiveVariants", "ScalingHold")
    },
}
