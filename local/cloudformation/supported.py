"""The CloudFormation types the local cloud provides, and the properties it records without any effect.

docs/local.md explains them to users; a test holds the two together.
"""

from __future__ import annotations

OURS = frozenset(
    {
        "AWS::AccessAnalyzer::Analyzer",
        "AWS::ApiGateway::ClientCertificate",
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
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::GatewayResponse",
        "AWS::ApiGateway::Method",
        "AWS::ApiGateway::Model",
        "AWS::ApiGateway::Resource",
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGateway::Stage",
        "AWS::CloudWatch::Alarm",
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
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Function",
        "AWS::Lambda::Permission",
        "AWS::Logs::LogGroup",
        "AWS::Logs::MetricFilter",
        "AWS::Logs::ResourcePolicy",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
        "AWS::SSM::Parameter",
        "AWS::WAFv2::WebACL",
    }
)

# CloudFormation's own: no service behind them, so nothing to audit.
INTERNAL = frozenset({"AWS::CDK::Metadata", "AWS::CloudFormation::CustomResource", "AWS::CloudFormation::Stack"})

ALL = OURS | MINISTACK | INTERNAL

# Read when the resource is deleted, so not where the audit looks.
READ_AT_DELETION: dict[str, frozenset[str]] = {"AWS::KMS::Key": frozenset({"PendingWindowInDays"})}

RECORDED_ONLY: dict[str, frozenset[str]] = {
    "AWS::ApiGateway::RestApi": frozenset({"ApiKeySourceType", "DisableExecuteApiEndpoint"}),
    "AWS::ApiGateway::Stage": frozenset({"AccessLogSetting", "CacheClusterEnabled", "ClientCertificateId"}),
    "AWS::Logs::LogGroup": frozenset({"DeletionProtectionEnabled"}),
    "AWS::S3::Bucket": frozenset({"AccessControl"}),
}
