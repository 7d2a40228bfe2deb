"""What CloudFormation may do for `cdk deploy`, instead of AdministratorAccess: one managed policy for each area.

By name and path where the service has names before creation, by the platform's tag where it has not, and by region
where it has neither. Roles and policies only below the environment's path and only under its permissions boundary,
which itself lies outside that path: a deployment cannot widen what it deploys.
"""

from __future__ import annotations

from collections.abc import Sequence

from stacks.permissions.statement import Because, Conditions, Statement
from stacks.values.account import Account

OWN = Because.OWN_KIND
PASSED_TO = [
    "apigateway.amazonaws.com",
    "cloudformation.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "events.amazonaws.com",
    "lambda.amazonaws.com",
    "sagemaker.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
]
LINKED_ROLES = ["access-analyzer", "apigateway", "sagemaker.application-autoscaling", "wafv2"]


def identity(account: Account, *, roles_path: str, boundary: str) -> list[Statement]:
    """Roles below the path, under the boundary, with policies below the path."""
    roles = [account.global_arn("iam", f"role{roles_path}*")]
    policies = [account.global_arn("iam", f"policy{roles_path}*")]
    bounded = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    attached: Conditions = {**bounded, "ArnLike": {"iam:PolicyARN": policies}}
    services = {"StringEquals": {"iam:PassedToService": PASSED_TO}}
    linked = [account.global_arn("iam", f"role/aws-service-role/{name}.amazonaws.com/*") for name in LINKED_ROLES]
    change = ["DeleteRole", "GetRole", "ListAttachedRolePolicies", "ListRolePolicies", "TagRole", "UntagRole"]
    change += ["UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription"]
    versions = ["CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "GetPolicy"]
    versions += ["GetPolicyVersion", "ListEntitiesForPolicy", "ListPolicyVersions", "TagPolicy", "UntagPolicy"]
    return [
        Statement("CreateRoles", _of("iam", "CreateRole", "PutRolePermissionsBoundary"), roles, bounded, because=OWN),
        Statement("Attach", _of("iam", "AttachRolePolicy", "DetachRolePolicy"), roles, attached, because=OWN),
        Statement("Roles", _of("iam", *change), roles, because=OWN),
        Statement("Policies", _of("iam", *versions), policies, because=OWN),
        Statement("PassRoles", ["iam:PassRole"], roles, services, because=OWN),
        Statement("LinkedRoles", ["iam:CreateServiceLinkedRole"], linked, because=OWN),
    ]


def network(account: Account) -> list[Statement]:
    """EC2 knows no names: the region is the limit."""
    both = [
        "FlowLogs",
        "InternetGateway",
        "NatGateway",
        "Route",
        "RouteTable",
        "SecurityGroup",
        "Subnet",
        "Tags",
        "Vpc",
    ]
    verbs = [f"{verb}{noun}" for noun in both for verb in ("Create", "Delete")]
    verbs += ["CreateVpcEndpoint", "DeleteVpcEndpoints", "AllocateAddress", "ReleaseAddress"]
    verbs += ["AssociateRouteTable", "DisassociateRouteTable", "AttachInternetGateway", "DetachInternetGateway"]
    verbs += [f"{verb}SecurityGroup{way}" for way in ("Egress", "Ingress") for verb in ("Authorize", "Revoke")]
    verbs += ["ModifySubnetAttribute", "ModifyVpcAttribute", "ModifyVpcEndpoint"]
    seen = ["AccountAttributes", "Addresses", "AvailabilityZones", "FlowLogs", "InternetGateways", "NatGateways"]
    seen += ["NetworkInterfaces", "PrefixLists", "RouteTables", "SecurityGroupRules", "SecurityGroups", "Subnets"]
    seen += ["Tags", "VpcAttribute", "VpcEndpointServices", "VpcEndpoints", "Vpcs"]
    verbs += [f"Describe{what}" for what in seen]
    here = {"StringEquals": {"aws:RequestedRegion": account.region}}
    # A dependent action of an interface endpoint with a private name (Service Authorization Reference, EC2).
    zones = [f"arn:{account.partition}:route53:::hostedzone/*"]
    return [
        Statement("Network", _of("ec2", *verbs), ["*"], here, because=Because.NO_RESOURCE_LEVEL),
        Statement("PrivateNames", ["route53:AssociateVPCWithHostedZone"], zones, because=Because.SERVICE_OWNED),
    ]


def storage(
    account: Account, *, prefix: str, name: str, qualifier: str, existing_keys: Sequence[str]
) -> list[Statement]:
    """Buckets by name, keys by the tags that every stack gives, the CDK's assets by the qualifier.

    Keys that the organisation brings may be used, not changed.
    """
    buckets = [account.bucket(f"{name}-*")]
    assets = account.bucket(f"cdk-{qualifier}-assets-{account.id}-{account.region}")
    settings = ["BucketLogging", "BucketNotification", "BucketObjectLockConfiguration", "BucketOwnershipControls"]
    settings += ["BucketPolicy", "BucketPublicAccessBlock", "BucketTagging", "BucketVersioning"]
    settings += ["EncryptionConfiguration", "LifecycleConfiguration"]
    verbs = ["CreateBucket", "DeleteBucket", "DeleteBucketPolicy", "ListBucket", "GetBucketAcl"]
    verbs += [f"{verb}{setting}" for setting in settings for verb in ("Get", "Put")]
    ours = {"StringEquals": {"aws:ResourceTag/platform": prefix}}
    tagged = {"StringEquals": {"aws:RequestTag/platform": prefix}}
    keys = [account.arn("kms", "key/*")]
    aliases = [account.arn("kms", f"alias/{name}-*")]
    # CloudFormation encrypts settings of functions, queues and trails with the platform's keys.
    use = ["CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo"]
    change = ["DisableKeyRotation", "EnableKeyRotation", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags"]
    change += ["PutKeyPolicy", "ScheduleKeyDeletion", "TagResource", "UntagResource", "UpdateKeyDescription"]
    by_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/cdk-{qualifier}-assets-key"}}
    alias = _of("kms", "CreateAlias", "DeleteAlias", "UpdateAlias")
    brought = [Statement("ExistingKeys", _of("kms", *use), existing_keys)] if existing_keys else []
    return [
        Statement("Buckets", _of("s3", *verbs), buckets, because=OWN),
        Statement("Assets", ["s3:GetObject"], [f"{assets}/*"], because=Because.OBJECT_KEYS),
        Statement("AssetsKey", ["kms:Decrypt"], keys, by_alias, because=Because.KEY_BY_ALIAS),
        Statement("CreateKeys", ["kms:CreateKey", "kms:TagResource"], ["*"], tagged, because=Because.NO_RESOURCE_LEVEL),
        Statement("Keys", _of("kms", *use, *change), keys, ours, because=OWN),
        *brought,
        Statement("AliasedKeys", alias, keys, ours, because=OWN),
        Statement("Aliases", alias, aliases, because=OWN),
    ]


def machine_learning(account: Account, *, name: str) -> list[Statement]:
    """SageMaker's resources by name; models and configurations by the name without hyphens."""
    plain = name.replace("-", "")
    kinds = ["endpoint", "model-package", "model-package-group", "pipeline"]
    named = [account.arn("sagemaker", f"{kind}/{name}-*") for kind in kinds]
    named += [account.arn("sagemaker", f"{kind}/{plain}*") for kind in ("endpoint-config", "model")]
    nouns = ["Endpoint", "EndpointConfig", "Model", "ModelPackageGroup", "Pipeline"]
    verbs = [f"{verb}{noun}" for noun in nouns for verb in ("Create", "Delete", "Describe")]
    verbs += ["AddTags", "DeleteTags", "ListTags", "UpdateEndpoint", "UpdateEndpointWeightsAndCapacities"]
    verbs += ["UpdatePipeline", "DescribeModelPackage"]
    scaling = ["DeleteScalingPolicy", "DeregisterScalableTarget", "PutScalingPolicy", "RegisterScalableTarget"]
    scaling += ["DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScheduledActions"]
    scaling += ["ListTagsForResource", "TagResource", "UntagResource"]
    here = {"StringEquals": {"aws:RequestedRegion": account.region}}
    return [
        Statement("SageMaker", _of("sagemaker", *verbs), named, because=OWN),
        Statement("Scaling", _of("application-autoscaling", *scaling), ["*"], here, because=Because.NO_RESOURCE_LEVEL),
    ]


def functions(account: Account, *, name: str) -> list[Statement]:
    """Functions and what wakes them, by name; APIs, whose ids are made up, by region."""
    lambdas = [account.arn("lambda", f"function:{name}-*")]
    verbs = ["AddPermission", "RemovePermission", "CreateFunction", "DeleteFunction", "InvokeFunction"]
    verbs += ["DeleteFunctionConcurrency", "PutFunctionConcurrency", "UpdateFunctionCode"]
    verbs += ["UpdateFunctionConfiguration", "GetFunction", "GetFunctionConcurrency", "GetFunctionConfiguration"]
    verbs += ["GetPolicy", "GetRuntimeManagementConfig", "ListTags", "TagResource", "UntagResource"]
    rules = ["DeleteRule", "DescribeRule", "ListTagsForResource", "ListTargetsByRule", "PutRule", "PutTargets"]
    rules += ["RemoveTargets", "TagResource", "UntagResource"]
    apis = [f"arn:{account.partition}:apigateway:{account.region}::/*"]
    api = _of("apigateway", "DELETE", "GET", "PATCH", "POST", "PUT", "SetWebACL", "UpdateRestApiPolicy")
    waf = [account.arn("wafv2", f"regional/webacl/{name}*"), account.arn("wafv2", "regional/managedruleset/*")]
    firewall = ["AssociateWebACL", "CreateWebACL", "DeleteLoggingConfiguration", "DeleteWebACL", "DisassociateWebACL"]
    firewall += ["GetLoggingConfiguration", "GetWebACL", "GetWebACLForResource", "ListTagsForResource"]
    firewall += ["PutLoggingConfiguration", "TagResource", "UntagResource", "UpdateWebACL"]
    log_delivery = ["CreateLogDelivery", "DeleteLogDelivery", "DescribeResourcePolicies", "GetLogDelivery"]
    log_delivery += ["ListLogDeliveries", "PutResourcePolicy", "UpdateLogDelivery"]
    return [
        Statement("Functions", _of("lambda", *verbs), lambdas, because=OWN),
        Statement("Rules", _of("events", *rules), [account.arn("events", f"rule/{name}-*")], because=OWN),
        Statement("Apis", api, apis, because=OWN),
        Statement("Firewall", _of("wafv2", *firewall), [*waf, f"{apis[0]}/stages/*"], because=OWN),
        Statement("LogDelivery", _of("logs", *log_delivery), ["*"], because=Because.NO_RESOURCE_LEVEL),
    ]


def audit(account: Account, *, name: str, qualifier: str, trail_log_group: str | None) -> list[Statement]:
    """Logs, alarms, the trail, topics and queues, by name. `trail_log_group`: of an organisation's trail."""
    groups = [f"/{name}/*", f"/aws/sagemaker/Endpoints/{name}-*", f"aws-waf-logs-{name}*"]
    log_groups = [account.arn("logs", f"log-group:{group}") for group in groups]
    logs = ["AssociateKmsKey", "CreateLogGroup", "DeleteLogGroup", "DeleteMetricFilter", "DeleteRetentionPolicy"]
    logs += ["ListTagsForResource", "PutMetricFilter", "PutRetentionPolicy", "TagResource", "UntagResource"]
    describe = ["logs:DescribeLogGroups", "logs:DescribeMetricFilters", "cloudwatch:DescribeAlarms"]
    describe += ["cloudtrail:DescribeTrails", "cloudtrail:ListTags"]
    alarms = _of("cloudwatch", "DeleteAlarms", "ListTagsForResource", "PutMetricAlarm", "TagResource", "UntagResource")
    trails = ["AddTags", "CreateTrail", "DeleteTrail", "GetEventSelectors", "GetTrail", "GetTrailStatus"]
    trails += ["PutEventSelectors", "RemoveTags", "StartLogging", "StopLogging", "UpdateTrail"]
    watched = [account.arn("logs", f"log-group:{trail_log_group}")]
    put = _of("logs", "DeleteMetricFilter", "PutMetricFilter")
    filters = [Statement("TrailFilters", put, watched)] if trail_log_group else []
    topics = ["CreateTopic", "DeleteTopic", "GetTopicAttributes", "ListSubscriptionsByTopic", "ListTagsForResource"]
    topics += ["GetSubscriptionAttributes", "SetSubscriptionAttributes", "SetTopicAttributes", "Subscribe"]
    topics += ["TagResource", "Unsubscribe", "UntagResource"]
    queues = ["CreateQueue", "DeleteQueue", "GetQueueAttributes", "GetQueueUrl", "ListQueueTags"]
    queues += ["SetQueueAttributes", "TagQueue", "UntagQueue"]
    analyzer = ["CreateAnalyzer", "DeleteAnalyzer", "GetAnalyzer", "ListTagsForResource", "TagResource"]
    analyzers = [account.arn("access-analyzer", f"analyzer/{name}-*")]
    parameter = account.arn("ssm", f"parameter/cdk-bootstrap/{qualifier}/version")
    return [
        Statement("LogGroups", _of("logs", *logs), log_groups, because=OWN),
        *filters,
        Statement("Describe", describe, ["*"], because=Because.NO_RESOURCE_LEVEL),
        Statement("Alarms", alarms, [account.arn("cloudwatch", f"alarm:{name}-*")], because=OWN),
        Statement("Trail", _of("cloudtrail", *trails), [account.arn("cloudtrail", f"trail/{name}-*")], because=OWN),
        Statement("Topics", _of("sns", *topics), [account.arn("sns", f"{name}-*")], because=OWN),
        Statement("Queues", _of("sqs", *queues), [account.arn("sqs", f"{name}-*")], because=OWN),
        Statement("Analyzer", _of("access-analyzer", *analyzer), analyzers, because=OWN),
        Statement("BootstrapVersion", ["ssm:GetParameters"], [parameter]),
    ]


def _of(service: str, *actions: str) -> list[str]:
    return [f"{service}:{action}" for action in actions]
