"""A template with the types and properties of the platform's foundation: network, keys, data, audit, front door."""

from __future__ import annotations

from typing import Any

from tests.local.stacks import Template

TAGS = [{"Key": "platform", "Value": "ashlar"}]
_ANY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}


def _ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def _get(name: str, attribute: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}


def _service(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


_NETWORK: dict[str, tuple[str, dict[str, Any]]] = {
    "Vpc": (
        "EC2::VPC",
        {"CidrBlock": "10.7.0.0/16", "EnableDnsSupport": True, "EnableDnsHostnames": True, "Tags": TAGS},
    ),
    "Subnet": (
        "EC2::Subnet",
        {
            "VpcId": _ref("Vpc"), "CidrBlock": "10.7.1.0/24", "AvailabilityZone": "eu-west-1a",
            "MapPublicIpOnLaunch": False, "Tags": TAGS,
        },
    ),
    "Table": ("EC2::RouteTable", {"VpcId": _ref("Vpc"), "Tags": TAGS}),
    "Association": ("EC2::SubnetRouteTableAssociation", {"RouteTableId": _ref("Table"), "SubnetId": _ref("Subnet")}),
    "Internet": ("EC2::InternetGateway", {"Tags": TAGS}),
    "Attachment": ("EC2::VPCGatewayAttachment", {"VpcId": _ref("Vpc"), "InternetGatewayId": _ref("Internet")}),
    "Address": ("EC2::EIP", {"Domain": "vpc", "Tags": TAGS}),
    "Nat": (
        "EC2::NatGateway",
        {"AllocationId": _get("Address", "AllocationId"), "SubnetId": _ref("Subnet"), "Tags": TAGS},
    ),
    "Route": (
        "EC2::Route",
        {"RouteTableId": _ref("Table"), "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": _ref("Nat")},
    ),
    "Group": (
        "EC2::SecurityGroup",
        {
            "GroupDescription": "jobs", "GroupName": "jobs", "VpcId": _ref("Vpc"), "Tags": TAGS,
            "SecurityGroupEgress": [
                {"CidrIp": "255.255.255.255/32", "IpProtocol": "icmp", "FromPort": 252, "ToPort": 86,
                 "Description": "none"}
            ],
        },
    ),
    "Egress": (
        "EC2::SecurityGroupEgress",
        {"GroupId": _get("Group", "GroupId"), "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
         "DestinationPrefixListId": "pl-6da54004", "Description": "S3"},
    ),
    "Closing": (
        "EC2::SecurityGroupIngress",
        {"GroupId": _get("Vpc", "DefaultSecurityGroup"), "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
         "SourceSecurityGroupId": _get("Group", "GroupId"), "Description": "from the jobs"},
    ),
    "Gateway": (
        "EC2::VPCEndpoint",
        {"VpcId": _ref("Vpc"), "VpcEndpointType": "Gateway", "ServiceName": "com.amazonaws.eu-west-1.s3",
         "RouteTableIds": [_ref("Table")], "PolicyDocument": _ANY, "Tags": TAGS},
    ),
    "Interface": (
        "EC2::VPCEndpoint",
        {"VpcId": _ref("Vpc"), "VpcEndpointType": "Interface", "ServiceName": "com.amazonaws.eu-west-1.sts",
         "SubnetIds": [_ref("Subnet")], "SecurityGroupIds": [_get("Group", "GroupId")], "PrivateDnsEnabled": True,
         "PolicyDocument": _ANY, "Tags": TAGS},
    ),
    "FlowLog": (
        "EC2::FlowLog",
        {"ResourceId": _ref("Vpc"), "ResourceType": "VPC", "TrafficType": "ALL", "LogGroupName": _ref("Logs"),
         "LogDestinationType": "cloud-watch-logs", "DeliverLogsPermissionArn": _get("Role", "Arn"),
         "MaxAggregationInterval": 60, "Tags": TAGS},
    ),
}  # fmt: skip

_AUDIT: dict[str, tuple[str, dict[str, Any]]] = {
    "Key": (
        "KMS::Key",
        {"KeyPolicy": _ANY, "EnableKeyRotation": True, "RotationPeriodInDays": 365, "PendingWindowInDays": 30,
         "Description": "logs", "Enabled": True, "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT",
         "MultiRegion": False, "Tags": TAGS},
    ),
    "Alias": ("KMS::Alias", {"AliasName": "alias/foundation", "TargetKeyId": _ref("Key")}),
    "Boundary": (
        "IAM::ManagedPolicy",
        {"ManagedPolicyName": "foundation-boundary", "Path": "/ashlar/local/", "PolicyDocument": _ANY,
         "Description": "the most that any role may do"},
    ),
    "Role": (
        "IAM::Role",
        {"RoleName": "foundation-role", "Path": "/ashlar/local/trail-logs/", "Description": "delivery",
         "MaxSessionDuration": 3600, "AssumeRolePolicyDocument": _service("cloudtrail"),
         "PermissionsBoundary": _ref("Boundary"), "Tags": TAGS},
    ),
    "Provider": (
        "IAM::OIDCProvider",
        {"Url": "https://token.actions.githubusercontent.com", "ClientIdList": ["sts.amazonaws.com"], "Tags": TAGS},
    ),
    "Analyzer": ("AccessAnalyzer::Analyzer", {"Type": "ACCOUNT", "AnalyzerName": "foundation"}),
    "Logs": (
        "Logs::LogGroup",
        {"LogGroupName": "/ashlar/foundation", "KmsKeyId": _get("Key", "Arn"), "RetentionInDays": 365,
         "LogGroupClass": "STANDARD", "Tags": TAGS},
    ),
    "Filter": (
        "Logs::MetricFilter",
        {"LogGroupName": _ref("Logs"), "FilterName": "root", "FilterPattern": '{ $.userIdentity.type = "Root" }',
         "MetricTransformations": [
             {"MetricName": "Root", "MetricNamespace": "Ashlar", "MetricValue": "1", "DefaultValue": 0}
         ]},
    ),
    "Alarm": (
        "CloudWatch::Alarm",
        {"MetricName": "Root", "Namespace": "Ashlar", "Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1,
         "Threshold": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching",
         "AlarmActions": [_ref("Topic")], "AlarmDescription": "root acts", "ActionsEnabled": True, "Tags": TAGS},
    ),
    "LogPolicy": ("Logs::ResourcePolicy", {"PolicyName": "waf", "PolicyDocument": "{}"}),
    "Trail": (
        "CloudTrail::Trail",
        {"TrailName": "foundation", "S3BucketName": _ref("Archive"), "S3KeyPrefix": "trail", "IsLogging": True,
         "IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": True, "EnableLogFileValidation": True,
         "KMSKeyId": _get("Key", "Arn"), "CloudWatchLogsLogGroupArn": _get("Logs", "Arn"),
         "CloudWatchLogsRoleArn": _get("Role", "Arn"), "SnsTopicName": _get("Topic", "TopicName"), "Tags": TAGS,
         "AdvancedEventSelectors": [
             {"Name": "objects", "FieldSelectors": [
                 {"Field": "eventCategory", "Equals": ["Data"]},
                 {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
                 {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::a/"]},
             ]}
         ]},
    ),
    "Topic": (
        "SNS::Topic",
        {"TopicName": "foundation", "KmsMasterKeyId": _get("Key", "KeyId"), "DisplayName": "operators",
         "TracingConfig": "Active", "SignatureVersion": "2", "Tags": TAGS},
    ),
    "TopicPolicy": ("SNS::TopicPolicy", {"Topics": [_ref("Topic")], "PolicyDocument": _ANY}),
    "Email": ("SNS::Subscription", {"TopicArn": _ref("Topic"), "Protocol": "email", "Endpoint": "ops@example.com"}),
    "Queue": (
        "SQS::Queue",
        {"QueueName": "foundation", "KmsMasterKeyId": _get("Key", "Arn"), "KmsDataKeyReusePeriodSeconds": 300,
         "MessageRetentionPeriod": 1209600, "VisibilityTimeout": 60, "Tags": TAGS},
    ),
    "QueuePolicy": ("SQS::QueuePolicy", {"Queues": [_ref("Queue")], "PolicyDocument": _ANY}),
    "Rule": (
        "Events::Rule",
        {"Name": "foundation", "Description": "failed jobs", "State": "ENABLED",
         "EventPattern": {"source": ["aws.sagemaker"], "detail": {"TrainingJobStatus": ["Failed"]}},
         "Targets": [
             {"Id": "operators", "Arn": _ref("Topic"), "DeadLetterConfig": {"Arn": _get("Queue", "Arn")},
              "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 4}}
         ]},
    ),
}  # fmt: skip

_DATA: dict[str, tuple[str, dict[str, Any]]] = {
    "Archive": (
        "S3::Bucket",
        {
            "BucketName": "foundation-archive", "ObjectLockEnabled": True, "Tags": TAGS,
            "ObjectLockConfiguration": {
                "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}
            },
            "VersioningConfiguration": {"Status": "Enabled"},
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": {
                        "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": _get("Key", "Arn")}}
                ]
            },
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "LoggingConfiguration": {"DestinationBucketName": _ref("AccessLogs"), "LogFilePrefix": "archive/"},
            "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            "LifecycleConfiguration": {
                "Rules": [
                    {"Id": "old", "Status": "Enabled", "Prefix": "trail/", "ExpirationInDays": 2555,
                     "NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 3},
                     "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                     "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 90}]},
                    {"Id": "markers", "Status": "Enabled", "ExpiredObjectDeleteMarker": True},
                ]
            },
        },
    ),
    "AccessLogs": ("S3::Bucket", {"BucketName": "foundation-access-logs", "AccessControl": "Private"}),
    "ArchivePolicy": ("S3::BucketPolicy", {"Bucket": _ref("Archive"), "PolicyDocument": _ANY}),
    "Function": (
        "Lambda::Function",
        {"FunctionName": "foundation", "Role": _get("Role", "Arn"), "Runtime": "python3.13", "Handler": "index.handler",
         "Code": {"ZipFile": "def handler(event, context):\n    return 1\n"}, "ReservedConcurrentExecutions": 5,
         "DeadLetterConfig": {"TargetArn": _get("Queue", "Arn")}, "TracingConfig": {"Mode": "Active"},
         "VpcConfig": {"SubnetIds": [_ref("Subnet")], "SecurityGroupIds": [_get("Group", "GroupId")],
                       "Ipv6AllowedForDualStack": False},
         "KmsKeyArn": _get("Key", "Arn"), "Timeout": 5, "MemorySize": 256, "Architectures": ["arm64"],
         "LoggingConfig": {"LogGroup": _ref("Logs"), "LogFormat": "JSON", "ApplicationLogLevel": "INFO",
                           "SystemLogLevel": "INFO"},
         "Environment": {"Variables": {"A": "b"}}, "EphemeralStorage": {"Size": 512}, "Description": "f",
         "Tags": TAGS},
    ),
    "Invoked": (
        "Lambda::EventInvokeConfig",
        {"FunctionName": _ref("Function"), "Qualifier": "$LATEST", "MaximumRetryAttempts": 1,
         "MaximumEventAgeInSeconds": 3600, "DestinationConfig": {"OnFailure": {"Destination": _get("Queue", "Arn")}}},
    ),
    "Permission": (
        "Lambda::Permission",
        {"FunctionName": _ref("Function"), "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com",
         "SourceArn": _get("Rule", "Arn"), "SourceAccount": _ref("AWS::AccountId")},
    ),
}  # fmt: skip

_FRONT_DOOR: dict[str, tuple[str, dict[str, Any]]] = {
    "Api": (
        "ApiGateway::RestApi",
        {"Name": "foundation", "EndpointConfiguration": {"Types": ["REGIONAL"]},
         "Policy": _ANY, "MinimumCompressionSize": 0, "Tags": TAGS},
    ),
    "Model": (
        "ApiGateway::Model",
        {"RestApiId": _ref("Api"), "ContentType": "application/json", "Name": "Features", "Schema": {"type": "object"},
         "Description": "m"},
    ),
    "Validator": (
        "ApiGateway::RequestValidator",
        {"RestApiId": _ref("Api"), "Name": "v", "ValidateRequestBody": True, "ValidateRequestParameters": True},
    ),
    "Answer": (
        "ApiGateway::GatewayResponse",
        {"RestApiId": _ref("Api"), "ResponseType": "BAD_REQUEST_BODY", "StatusCode": "400",
         "ResponseTemplates": {"application/json": "{}"}, "ResponseParameters": {}},
    ),
    "Method": (
        "ApiGateway::Method",
        {"RestApiId": _ref("Api"), "ResourceId": _get("Api", "RootResourceId"), "HttpMethod": "POST",
         "AuthorizationType": "AWS_IAM", "RequestValidatorId": _ref("Validator"),
         "RequestModels": {"application/json": _ref("Model")},
         "RequestParameters": {"method.request.header.X": False},
         "Integration": {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST",
                         "Uri": {"Fn::Sub": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/"
                                            "${Function.Arn}/invocations"}}},
    ),
    "Deployment": ("ApiGateway::Deployment", {"RestApiId": _ref("Api"), "Description": "d"}),
    "Stage": (
        "ApiGateway::Stage",
        {"RestApiId": _ref("Api"), "DeploymentId": _ref("Deployment"), "StageName": "v1", "TracingEnabled": True,
         "Description": "s",
         "AccessLogSetting": {"DestinationArn": _get("Logs", "Arn"), "Format": "$context.requestId"},
         "MethodSettings": [
             {"HttpMethod": "*", "ResourcePath": "/*", "LoggingLevel": "ERROR", "DataTraceEnabled": False,
              "MetricsEnabled": True, "ThrottlingBurstLimit": 10, "ThrottlingRateLimit": 5, "CachingEnabled": False,
              "CacheDataEncrypted": True}
         ],
         "Tags": TAGS},
    ),
    "Acl": (
        "WAFv2::WebACL",
        {"Name": "foundation", "Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "Description": "w", "Tags": TAGS,
         "VisibilityConfig": {"CloudWatchMetricsEnabled": True, "MetricName": "m", "SampledRequestsEnabled": True},
         "Rules": [
             {"Name": "common", "Priority": 0, "OverrideAction": {"None": {}},
              "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}},
              "VisibilityConfig": {
                  "CloudWatchMetricsEnabled": True, "MetricName": "c", "SampledRequestsEnabled": True}}
         ]},
    ),
    "AclUse": (
        "WAFv2::WebACLAssociation",
        {"WebACLArn": _get("Acl", "Arn"),
         "ResourceArn": {"Fn::Sub": "arn:aws:apigateway:eu-west-1::/restapis/${Api}/stages/${Stage}"}},
    ),
    "AclLogs": (
        "WAFv2::LoggingConfiguration",
        {"ResourceArn": _get("Acl", "Arn"), "LogDestinationConfigs": [_get("Logs", "Arn")],
         "RedactedFields": [{"SingleHeader": {"Name": "authorization"}}]},
    ),
}  # fmt: skip


def template() -> Template:
    """The whole foundation."""
    parts = {**_NETWORK, **_AUDIT, **_DATA, **_FRONT_DOOR}
    return {
        "Resources": {name: {"Type": f"AWS::{kind}", "Properties": given} for name, (kind, given) in parts.items()},
        "Outputs": {"Default": {"Value": _get("Vpc", "DefaultSecurityGroup")}},
    }
