"""The CloudFormation types the local cloud provides, and the properties it records without any effect.

docs/local.md explains them to users; a test holds the two together.
"""

from __future__ import annotations

OURS = frozenset(
    {
        "AWS::AccessAnalyzer::Analyzer",
        "AWS::ApiGateway::RequestValidator",
        "AWS::ApplicationAutoScaling::ScalableTarget",
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        "AWS::CloudTrail::Trail",
        "AWS::EC2::EIP",
        "AWS::EC2::FlowLog",
        "AWS::EC2::NatGateway",
        "AWS::EC2::SecurityGroupEgress",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::IAM::OIDCProvider",
        "AWS::SageMaker::Endpoint",
        "AWS::SageMaker::EndpointConfig",
        "AWS::SageMaker::Model",
        "AWS::SageMaker::ModelPackageGroup",
        "AWS::SageMaker::Pipeline",
        "AWS::WAFv2::LoggingConfiguration",
        "AWS::WAFv2::WebACLAssociation",
    }
)

MINISTACK = frozenset(
    {
        "AWS::ApiGateway::Account",
        "AWS::ApiGateway::ApiKey",
        "AWS::ApiGateway::Authorizer",
        "AWS::ApiGateway::BasePathMapping",
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::DomainName",
        "AWS::ApiGateway::GatewayResponse",
        "AWS::ApiGateway::Method",
        "AWS::ApiGateway::Model",
        "AWS::ApiGateway::Resource",
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGateway::Stage",
        "AWS::ApiGateway::UsagePlan",
        "AWS::ApiGateway::UsagePlanKey",
        "AWS::CloudWatch::Alarm",
        "AWS::Cognito::UserPool",
        "AWS::Cognito::UserPoolClient",
        "AWS::Cognito::UserPoolDomain",
        "AWS::Cognito::UserPoolResourceServer",
        "AWS::EC2::InternetGateway",
        "AWS::EC2::Route",
        "AWS::EC2::RouteTable",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::Subnet",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCEndpoint",
        "AWS::EC2::VPCGatewayAttachment",
        "AWS::ECR::Repository",
        "AWS::Events::Rule",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::KMS::Alias",
        "AWS::KMS::Key",
        "AWS::Lambda::Alias",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Function",
        "AWS::Lambda::Permission",
        "AWS::Lambda::Version",
        "AWS::Logs::LogGroup",
        "AWS::Logs::MetricFilter",
        "AWS::Logs::ResourcePolicy",
        "AWS::Route53::RecordSet",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
        "AWS::SSM::Parameter",
        "AWS::Scheduler::Schedule",
        "AWS::WAFv2::WebACL",
    }
)

# CloudFormation's own: no service behind them, so nothing to audit.
INTERNAL = frozenset({"AWS::CDK::Metadata", "AWS::CloudFormation::CustomResource", "AWS::CloudFormation::Stack"})

ALL = OURS | MINISTACK | INTERNAL

# Property -> what reads it, where that is not the handler that creates the resource. A name stands for all within it.
READ_LATER: dict[str, dict[str, str]] = {
    "AWS::Cognito::UserPoolResourceServer": {
        "Scopes.ScopeDescription": "what DescribeResourceServer answers",
        "Scopes.ScopeName": "what a token is asked for and granted",
    },
    "AWS::EC2::VPCEndpoint": {"PolicyDocument": "evaluated at each call through the endpoint (hooks/policies.py)"},
    "AWS::Events::Rule": {
        "Targets.Arn": "where EventBridge delivers an event",
        "Targets.DeadLetterConfig": "where an event goes whose delivery is not allowed (hooks/events.py)",
        "Targets.Id": "what DeleteRule removes the target by",
        "Targets.InputTransformer": "what EventBridge makes of an event when it delivers it",
        "Targets.RoleArn": "the role that a pipeline is started with (event_targets.py)",
        "Targets.SageMakerPipelineParameters": "the parameters of a pipeline that is started (event_targets.py)",
    },
    "AWS::KMS::Key": {"PendingWindowInDays": "read when the key is deleted"},
    "AWS::WAFv2::WebACL": {"Tags": "what ListTagsForResource answers"},
}

_NO_SERVICE = "the service does not exist here"
_NO_FIREWALL = "the local cloud filters no requests"
_ONE_SERVER = "one server answers for all services, with TLS 1.2 and 1.3"
# Property -> why it has no effect. A name stands for all within it.
RECORDED_ONLY: dict[str, dict[str, str]] = {
    "AWS::AccessAnalyzer::Analyzer": {"Type": _NO_SERVICE},
    "AWS::ApiGateway::RestApi": {"EndpointAccessMode": _ONE_SERVER, "SecurityPolicy": _ONE_SERVER},
    "AWS::ApiGateway::Stage": {"AccessLogSetting": "no access logs are written"},
    "AWS::Events::Rule": {"Targets.RetryPolicy": "a delivery is tried once"},
    "AWS::S3::Bucket": {"AccessControl": "bucket policies alone decide"},
    "AWS::Scheduler::Schedule": {
        "FlexibleTimeWindow.Mode": "a schedule starts at its minute",
        "KmsKeyArn": "schedules are kept in memory",
        "ScheduleExpressionTimezone": "schedules are of UTC",
        "Target.DeadLetterConfig": "a start that fails is in the local cloud's log",
        "Target.RetryPolicy": "a start is tried once",
    },
    "AWS::WAFv2::LoggingConfiguration": {"LogDestinationConfigs": _NO_FIREWALL, "RedactedFields": _NO_FIREWALL},
    "AWS::WAFv2::WebACL": {"DefaultAction": _NO_FIREWALL, "Rules": _NO_FIREWALL, "VisibilityConfig": _NO_FIREWALL},
}


def not_read_at_once(resource_type: str) -> frozenset[str]:
    """The properties of a type that its handler need not read, each by its name from the top, with dots."""
    return frozenset({**RECORDED_ONLY.get(resource_type, {}), **READ_LATER.get(resource_type, {})})


def covers(listed: str, name: str) -> bool:
    """Whether a property is the listed one or within it."""
    return name == listed or name.startswith(f"{listed}.")
