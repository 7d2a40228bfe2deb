"""What CloudFormation may do for `cdk deploy`, instead of AdministratorAccess: one managed policy for each area.

By name and path where the service has names before creation, by the platform's tags where not, and by region where
there are no tags yet. Roles and policies only below the environment's path and only under its permissions boundary,
which itself lies outside that path: a deployment cannot widen what it deploys.
"""

from __future__ import annotations

from collections.abc import Sequence

from stacks.permissions.conditions import FOR_SERVICES, tagged
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
    "scheduler.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
]
LINKED_ROLES = ["access-analyzer", "ops.apigateway", "sagemaker.application-autoscaling", "wafv2"]


def identity(account: Account, *, roles_path: str, boundary: str) -> list[Statement]:
    """Roles below the path, under the boundary, with policies below the path."""
    roles = [account.global_arn("iam", f"role{roles_path}*")]
    policies = [account.global_arn("iam", f"policy{roles_path}*")]
    bounded = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    attached: Conditions = {**bounded, "ArnLike": {"iam:PolicyARN": policies}}
    services = {"StringEquals": {"iam:PassedToService": PASSED_TO}}
    linked = [account.global_arn("iam", f"role/aws-service-role/{name}.amazonaws.com/*") for name in LINKED_ROLES]
    change = [
        "DeleteRole",
        "GetRole",
        "GetRolePolicy",
        "ListAttachedRolePolicies",
        "ListRolePolicies",
        "TagRole",
        "UntagRole",
    ]
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


def network(account: Account, *, prefix: str, environment: str) -> list[Statement]:
    """What EC2 is to make has no name: the region is the limit, and for what is taken away the platform's tags."""
    here = {"StringEquals": {"aws:RequestedRegion": account.region}}
    made = ["FlowLogs", "InternetGateway", "NatGateway", "Route", "RouteTable", "SecurityGroup", "Subnet", "Tags"]
    made += ["Vpc", "VpcEndpoint"]
    verbs = [f"Create{noun}" for noun in made]
    verbs += ["AllocateAddress", "AssociateRouteTable", "AttachInternetGateway", "DeleteRoute", "DeleteTags"]
    verbs += ["DetachInternetGateway", "DisassociateRouteTable", "ModifySubnetAttribute", "ModifyVpcAttribute"]
    verbs += ["ModifyVpcEndpoint", "ReplaceRoute", "ReplaceRouteTableAssociation"]
    verbs += [f"{verb}SecurityGroup{way}" for way in ("Egress", "Ingress") for verb in ("Authorize", "Revoke")]
    verbs += [f"UpdateSecurityGroupRuleDescriptions{way}" for way in ("Egress", "Ingress")]
    seen = ["AccountAttributes", "Addresses", "AvailabilityZones", "FlowLogs", "Instances", "InternetGateways"]
    seen += ["NatGateways", "NetworkAcls", "NetworkInterfaces", "PrefixLists", "RouteTables", "SecurityGroupRules"]
    seen += ["SecurityGroups", "Subnets", "Tags", "VpcAttribute", "VpcEncryptionControls", "VpcEndpointServices"]
    seen += ["VpcEndpoints", "Vpcs"]
    gone = ["FlowLogs", "InternetGateway", "NatGateway", "RouteTable", "SecurityGroup", "Subnet", "Vpc", "VpcEndpoints"]
    remove = [*_of("ec2", *(f"Delete{noun}" for noun in gone)), "ec2:ReleaseAddress"]
    # A dependent action of an interface endpoint with a private name (Service Authorization Reference, EC2).
    zones = [f"arn:{account.partition}:route53:::hostedzone/*"]
    look = _of("ec2", *(f"Describe{what}" for what in seen))
    own = tagged("aws:ResourceTag", prefix, environment)
    return [
        Statement("Look", look, ["*"], here, because=Because.NO_RESOURCE_LEVEL),
        Statement("Network", _of("ec2", *verbs), ["*"], here, because=Because.UNNAMED),
        Statement("TakeAway", remove, [account.arn("ec2", "*")], own, because=OWN),
        Statement("PrivateNames", ["route53:AssociateVPCWithHostedZone"], zones, because=Because.UNNAMED),
    ]


def storage(account: Account, *, name: str, qualifier: str) -> list[Statement]:
    """Buckets by name, the CDK's assets by the qualifier."""
    buckets = [account.bucket(f"{name}-*")]
    assets = account.bucket(f"cdk-{qualifier}-assets-{account.id}-{account.region}")
    settings = ["BucketLogging", "BucketNotification", "BucketObjectLockConfiguration", "BucketOwnershipControls"]
    settings += ["BucketPolicy", "BucketPublicAccessBlock", "BucketTagging", "BucketVersioning"]
    settings += ["EncryptionConfiguration", "LifecycleConfiguration"]
    verbs = ["CreateBucket", "DeleteBucket", "DeleteBucketPolicy", "ListBucket", "GetBucketAcl"]
    verbs += ["ListTagsForResource", "TagResource", "UntagResource"]
    verbs += [f"{verb}{setting}" for setting in settings for verb in ("Get", "Put")]
    # CloudFormation reads all settings of a bucket back, also those that no template of ours has.
    unused = ["AccelerateConfiguration", "AnalyticsConfiguration", "BucketAbac", "BucketCORS", "BucketWebsite"]
    unused += ["BucketMetadataTableConfiguration", "IntelligentTieringConfiguration", "InventoryConfiguration"]
    unused += ["MetricsConfiguration", "ReplicationConfiguration"]
    verbs += [f"Get{setting}" for setting in unused]
    by_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/cdk-{qualifier}-assets-key"}}
    code = ["s3:GetObject", "s3:GetObjectVersion"]
    keys = [account.arn("kms", "key/*")]
    return [
        Statement("Buckets", _of("s3", *verbs), buckets, because=OWN),
        Statement("Assets", code, [f"{assets}/*"], because=Because.OBJECT_KEYS),
        Statement("AssetsKey", ["kms:Decrypt"], keys, by_alias, because=Because.KEY_BY_ALIAS),
    ]


def keys(
    account: Account, *, prefix: str, environment: str, name: str, existing_keys: Sequence[str]
) -> list[Statement]:
    """The platform's keys by the tags that every stack gives. Keys that the organisation brings are used, not changed.

    A tag would make any key the platform's: so only a key without an alias, which a new one is, can be given one.
    """
    every = [account.arn("kms", "key/*")]
    made = tagged("aws:RequestTag", prefix, environment)
    own = tagged("aws:ResourceTag", prefix, environment)
    without_alias: Conditions = {**made, "Null": {"kms:ResourceAliases": "true"}}
    # CloudFormation encrypts settings of functions, queues and trails with the platform's keys.
    use = _of("kms", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo")
    change = ["DisableKey", "DisableKeyRotation", "EnableKey", "EnableKeyRotation", "GetKeyPolicy"]
    change += ["GetKeyRotationStatus", "ListResourceTags", "PutKeyPolicy", "ScheduleKeyDeletion", "TagResource"]
    change += ["UntagResource", "UpdateKeyDescription"]
    alias = _of("kms", "CreateAlias", "DeleteAlias", "UpdateAlias")
    aliases = [account.arn("kms", f"alias/{name}-*")]
    unnamed = Because.UNNAMED
    found = [
        Statement("CreateKeys", ["kms:CreateKey"], ["*"], made, because=unnamed),
        Statement("TagNewKeys", ["kms:TagResource"], ["*"], without_alias, because=unnamed),
        Statement("Keys", [*use, *_of("kms", *change), *alias], every, own, because=OWN),
        Statement("Grants", ["kms:CreateGrant"], every, {**own, **FOR_SERVICES}, because=OWN),
        Statement("Aliases", alias, aliases, because=OWN),
        Statement("ListAliases", ["kms:ListAliases"], ["*"], because=Because.NO_RESOURCE_LEVEL),
    ]
    if existing_keys:
        changes = _of("kms", *(verb for verb in change if not verb.startswith(("Get", "List"))))
        found += [
            Statement("ExistingKeys", use, existing_keys),
            Statement("ExistingKeysGrants", ["kms:CreateGrant"], existing_keys, FOR_SERVICES),
            Statement("ExistingKeysStay", changes, existing_keys, effect="Deny"),
        ]
    return found


def machine_learning(account: Account, *, name: str, serverless_models: Sequence[str] = ()) -> list[Statement]:
    """SageMaker's resources by name; models and configurations by the name without hyphens.

    Models are isolated but for `serverless_models`, by their logical ids.
    """
    plain = name.replace("-", "")
    kinds = ["endpoint", "model-package", "model-package-group", "pipeline"]
    named = [account.arn("sagemaker", f"{kind}/{name}-*") for kind in kinds]
    models = account.arn("sagemaker", f"model/{plain}*")
    named += [account.arn("sagemaker", f"endpoint-config/{plain}*"), models]
    nouns = ["Endpoint", "EndpointConfig", "Model", "ModelPackageGroup", "Pipeline"]
    verbs = [f"{verb}{noun}" for noun in nouns for verb in ("Create", "Delete", "Describe")]
    verbs.remove("CreateModel")
    verbs += [f"{verb}ModelPackageGroupPolicy" for verb in ("Delete", "Get", "Put")]
    verbs += ["AddTags", "DeleteTags", "ListTags", "UpdateEndpoint", "UpdateEndpointWeightsAndCapacities"]
    verbs += ["UpdatePipeline", "DescribeModelPackage"]
    isolated = {"Bool": {"sagemaker:NetworkIsolation": "true"}}
    # A model made from a package is authorised on the package as well.
    made = [models, account.arn("sagemaker", f"model-package/{name}-*")]
    scaling = ["DeleteScalingPolicy", "DeleteScheduledAction", "DeregisterScalableTarget", "PutScalingPolicy"]
    scaling += ["PutScheduledAction", "RegisterScalableTarget"]
    seen = ["DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScheduledActions", "ListTagsForResource"]
    of_sagemaker = {"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}}
    targets = [account.arn("application-autoscaling", "scalable-target/*")]
    service = "application-autoscaling"
    return [
        Statement("SageMaker", _of("sagemaker", *verbs), named, because=OWN),
        Statement("Models", ["sagemaker:CreateModel"], made, isolated, because=OWN),
        *_serverless(account, name, serverless_models),
        Statement("Scaling", _of(service, *scaling), targets, of_sagemaker, because=Because.UNNAMED),
        # Tagging knows no service namespace.
        Statement("TagTargets", _of(service, "TagResource", "UntagResource"), targets, because=Because.UNNAMED),
        Statement("ScalingSeen", _of(service, *seen), ["*"], because=Because.NO_RESOURCE_LEVEL),
    ]


def _serverless(account: Account, name: str, models: Sequence[str]) -> list[Statement]:
    """By exact logical ids, and never attached to the VPC: SageMaker has no isolation for them."""
    if not models:
        return []
    made = [account.arn("sagemaker", f"model/{id}-*") for id in models]
    made.append(account.arn("sagemaker", f"model-package/{name}-*"))
    outside = {"Null": {"sagemaker:VpcSubnets": "true"}}
    return [Statement("ServerlessModels", ["sagemaker:CreateModel"], made, outside, because=OWN)]


def functions(account: Account, *, name: str) -> list[Statement]:
    """Functions and what wakes them, by name; APIs, whose ids are made up, by region."""
    lambdas = [account.arn("lambda", f"function:{name}-*")]
    verbs = ["AddPermission", "RemovePermission", "CreateFunction", "DeleteFunction", "InvokeFunction"]
    verbs += ["DeleteFunctionConcurrency", "PutFunctionConcurrency", "UpdateFunctionCode"]
    verbs += ["UpdateFunctionConfiguration", "GetFunction", "GetFunctionConcurrency", "GetFunctionConfiguration"]
    verbs += ["GetFunctionCodeSigningConfig", "GetFunctionRecursionConfig", "GetFunctionScalingConfig", "GetPolicy"]
    verbs += ["GetRuntimeManagementConfig", "ListTags", "TagResource", "UntagResource"]
    rules = ["DeleteRule", "DescribeRule", "ListTagsForResource", "ListTargetsByRule", "PutRule", "PutTargets"]
    rules += ["RemoveTargets", "TagResource", "UntagResource"]
    schedules = _of("scheduler", "CreateSchedule", "DeleteSchedule", "GetSchedule", "UpdateSchedule")
    scheduled = [account.arn("scheduler", f"schedule/default/{name}-*")]
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
        Statement("Schedules", schedules, scheduled, because=OWN),
        Statement("Apis", api, apis, because=OWN),
        Statement("Firewall", _of("wafv2", *firewall), [*waf, f"{apis[0]}/stages/*"], because=OWN),
        Statement("LogDelivery", _of("logs", *log_delivery), ["*"], because=Because.NO_RESOURCE_LEVEL),
    ]


def audit(account: Account, *, name: str, qualifier: str, trail_log_group: str | None) -> list[Statement]:
    """Logs, alarms, the trail, topics and queues, by name. `trail_log_group`: of an organisation's trail."""
    groups = [f"/{name}/*", f"/aws/sagemaker/Endpoints/{name}-*", f"aws-waf-logs-{name}*"]
    # Logs authorises some actions on the group and some on `<group>:log-stream:`.
    log_groups = [arn for group in groups for arn in account.log_group(group)]
    logs = ["AssociateKmsKey", "CreateLogGroup", "DeleteDataProtectionPolicy", "DeleteLogGroup", "DeleteMetricFilter"]
    logs += ["DeleteRetentionPolicy", "DescribeIndexPolicies", "DisassociateKmsKey", "GetDataProtectionPolicy"]
    logs += ["ListTagsForResource", "PutMetricFilter", "PutRetentionPolicy", "TagResource", "UntagResource"]
    describe = ["logs:DescribeLogGroups", "logs:DescribeMetricFilters", "cloudwatch:DescribeAlarms"]
    describe += ["cloudtrail:DescribeTrails", "cloudtrail:ListTags", "cloudwatch:GetMetricData"]
    describe += ["access-analyzer:ListAnalyzers"]
    # Those of roll-outs have an endpoint configuration's name, those of target tracking are Application Auto Scaling's.
    starts = (f"{name}-", name.replace("-", ""), f"TargetTracking-endpoint/{name}-")
    watching = [account.arn("cloudwatch", f"alarm:{start}*") for start in starts]
    alarms = _of("cloudwatch", "DeleteAlarms", "ListTagsForResource", "PutMetricAlarm", "TagResource", "UntagResource")
    trails = [
        "AddTags",
        "CreateTrail",
        "DeleteTrail",
        "GetEventConfiguration",
        "GetEventSelectors",
        "GetInsightSelectors",
    ]
    trails += ["GetTrail", "GetTrailStatus", "PutEventConfiguration", "PutInsightSelectors"]
    trails += ["PutEventSelectors", "RemoveTags", "StartLogging", "StopLogging", "UpdateTrail"]
    put = _of("logs", "DeleteMetricFilter", "PutMetricFilter")
    watched = account.log_group(trail_log_group) if trail_log_group else []
    filters = [Statement("TrailFilters", put, watched, because=Because.VERSIONS)] if watched else []
    topics = ["CreateTopic", "DeleteTopic", "GetDataProtectionPolicy", "GetTopicAttributes"]
    topics += ["ListSubscriptionsByTopic", "ListTagsForResource"]
    topics += ["GetSubscriptionAttributes", "SetSubscriptionAttributes", "SetTopicAttributes", "Subscribe"]
    topics += ["TagResource", "Unsubscribe", "UntagResource"]
    queues = ["CreateQueue", "DeleteQueue", "GetQueueAttributes", "GetQueueUrl", "ListQueueTags"]
    queues += ["SetQueueAttributes", "TagQueue", "UntagQueue"]
    analyzer = ["CreateAnalyzer", "DeleteAnalyzer", "GetAnalyzer", "ListArchiveRules", "ListTagsForResource"]
    analyzer += ["TagResource", "UntagResource", "UpdateAnalyzer"]
    analyzers = [account.arn("access-analyzer", f"analyzer/{name}-*")]
    parameter = account.arn("ssm", f"parameter/cdk-bootstrap/{qualifier}/version")
    return [
        Statement("LogGroups", _of("logs", *logs), log_groups, because=OWN),
        *filters,
        Statement("Describe", describe, ["*"], because=Because.NO_RESOURCE_LEVEL),
        Statement("Alarms", alarms, watching, because=OWN),
        Statement("Trail", _of("cloudtrail", *trails), [account.arn("cloudtrail", f"trail/{name}-*")], because=OWN),
        Statement("Topics", _of("sns", *topics), [account.arn("sns", f"{name}-*")], because=OWN),
        Statement("Queues", _of("sqs", *queues), [account.arn("sqs", f"{name}-*")], because=OWN),
        Statement("Analyzer", _of("access-analyzer", *analyzer), analyzers, because=OWN),
        Statement("BootstrapVersion", ["ssm:GetParameters"], [parameter]),
    ]


def _of(service: str, *actions: str) -> list[str]:
    return [f"{service}:{action}" for action in actions]
