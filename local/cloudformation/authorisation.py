"""MiniStack's own types under the role of the stack operation: may it make what the template declares?

One check before each creation, of the action that makes the resource and of the roles that are passed; and for roles,
of their permissions boundary, also in an update. What the creation does besides, such as tagging, is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from local import hooks
from local.cloudformation import operations
from local.hooks import cloudformation as hook

Properties = dict[str, Any]
Result = tuple[str, dict[str, Any]]
# (action, resource, condition keys)
Need = tuple[str, str, dict[str, Any]]

_GENERATED = "XXXXXXXXXXXX"


def _arn(service: str, resource: str) -> str:
    region = "" if service in ("iam", "s3") else hooks.region()
    account = "" if service == "s3" else hooks.account()
    return f"arn:aws:{service}:{region}:{account}:{resource}"


def _passed(role_arn: str | None, service: str) -> Iterator[Need]:
    if role_arn:
        yield "iam:PassRole", role_arn, {"iam:PassedToService": service}


def _request_tags(properties: Properties) -> dict[str, Any]:
    tags = properties.get("Tags") or []
    if not isinstance(tags, list):
        return {}
    own = {tag["Key"]: tag["Value"] for tag in tags if not str(tag["Key"]).startswith("aws:")}
    return {**{f"aws:RequestTag/{key}": value for key, value in own.items()}, "aws:TagKeys": list(own) or None}


def _bounded(properties: Properties) -> dict[str, Any]:
    boundary = properties.get("PermissionsBoundary")
    return {"iam:PermissionsBoundary": boundary} if boundary else {}


def _role(properties: Properties, name: str) -> Iterator[Need]:
    keys = _bounded(properties)
    arn = _arn("iam", f"role{properties.get('Path', '/')}{properties.get('RoleName') or name}")
    yield "iam:CreateRole", arn, {**keys, **_request_tags(properties)}
    for policy in properties.get("ManagedPolicyArns") or []:
        yield "iam:AttachRolePolicy", arn, {**keys, "iam:PolicyARN": policy}
    if properties.get("Policies"):
        yield "iam:PutRolePolicy", arn, keys


def _role_named(name: str) -> tuple[str, dict[str, Any]]:
    found = hooks.role(name) or {}
    return str(found.get("Arn") or _arn("iam", f"role/{name}")), _bounded(found)


def _managed_policy(properties: Properties, name: str) -> Iterator[Need]:
    policy = _arn("iam", f"policy{properties.get('Path', '/')}{properties.get('ManagedPolicyName') or name}")
    yield "iam:CreatePolicy", policy, _request_tags(properties)
    for role in properties.get("Roles") or []:
        arn, keys = _role_named(role)
        yield "iam:AttachRolePolicy", arn, {**keys, "iam:PolicyARN": policy}


def _inline_policy(properties: Properties, name: str) -> Iterator[Need]:
    for role in properties.get("Roles") or []:
        arn, keys = _role_named(role)
        yield "iam:PutRolePolicy", arn, keys


def _function(properties: Properties, name: str) -> Iterator[Need]:
    arn = _arn("lambda", f"function:{properties.get('FunctionName') or name}")
    yield "lambda:CreateFunction", arn, _request_tags(properties)
    yield from _passed(properties.get("Role"), "lambda.amazonaws.com")


def _rule(properties: Properties, name: str) -> Iterator[Need]:
    yield "events:PutRule", _arn("events", f"rule/{properties.get('Name') or name}"), _request_tags(properties)
    for target in properties.get("Targets") or []:
        yield from _passed(target.get("RoleArn"), "events.amazonaws.com")


def _trail(properties: Properties, name: str) -> Iterator[Need]:
    yield "cloudtrail:CreateTrail", _arn("cloudtrail", f"trail/{properties.get('TrailName') or name}"), {}
    yield from _passed(properties.get("CloudWatchLogsRoleArn"), "cloudtrail.amazonaws.com")


def _flow_log(properties: Properties, name: str) -> Iterator[Need]:
    yield "ec2:CreateFlowLogs", _arn("ec2", "vpc-flow-log/*"), {}
    yield from _passed(properties.get("DeliverLogsPermissionArn"), "vpc-flow-logs.amazonaws.com")


def _bucket_policy(properties: Properties, name: str) -> Iterator[Need]:
    yield "s3:PutBucketPolicy", _arn("s3", str(properties.get("Bucket", ""))), {}


def _alias(properties: Properties, name: str) -> Iterator[Need]:
    yield "kms:CreateAlias", _arn("kms", str(properties.get("AliasName", ""))), {}


def _log_group(properties: Properties, name: str) -> Iterator[Need]:
    # AWS names an empty stream in the resource of this action.
    resource = f"log-group:{properties.get('LogGroupName') or name}:log-stream:"
    yield "logs:CreateLogGroup", _arn("logs", resource), _request_tags(properties)


def _any(action: str, resource: str) -> Callable[[Properties, str], Iterator[Need]]:
    def needs(properties: Properties, name: str) -> Iterator[Need]:
        yield action, _arn(action.partition(":")[0], resource), _request_tags(properties)

    return needs


def _named(action: str, prefix: str, name_property: str) -> Callable[[Properties, str], Iterator[Need]]:
    def needs(properties: Properties, name: str) -> Iterator[Need]:
        given = str(properties.get(name_property) or name)
        service = action.partition(":")[0]
        named = given.lower() if service == "s3" else given.lstrip("/") if service == "ssm" else given
        yield action, _arn(service, prefix + named), _request_tags(properties)

    return needs


# What the creation of each type needs; docs/local.md marks these types "creation".
NEEDS: dict[str, Callable[[Properties, str], Iterator[Need]]] = {
    "AWS::CloudTrail::Trail": _trail,
    "AWS::CloudWatch::Alarm": _named("cloudwatch:PutMetricAlarm", "alarm:", "AlarmName"),
    "AWS::EC2::FlowLog": _flow_log,
    "AWS::EC2::RouteTable": _any("ec2:CreateRouteTable", "route-table/*"),
    "AWS::EC2::SecurityGroup": _any("ec2:CreateSecurityGroup", "security-group/*"),
    "AWS::EC2::Subnet": _any("ec2:CreateSubnet", "subnet/*"),
    "AWS::EC2::VPC": _any("ec2:CreateVpc", "vpc/*"),
    "AWS::EC2::VPCEndpoint": _any("ec2:CreateVpcEndpoint", "vpc-endpoint/*"),
    "AWS::ECR::Repository": _named("ecr:CreateRepository", "repository/", "RepositoryName"),
    "AWS::Events::Rule": _rule,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::IAM::OIDCProvider": _any("iam:CreateOpenIDConnectProvider", "oidc-provider/*"),
    "AWS::IAM::Policy": _inline_policy,
    "AWS::IAM::Role": _role,
    "AWS::KMS::Alias": _alias,
    "AWS::KMS::Key": _any("kms:CreateKey", "key/*"),
    "AWS::Lambda::Function": _function,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": _named("s3:CreateBucket", "", "BucketName"),
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SNS::Topic": _named("sns:CreateTopic", "", "TopicName"),
    "AWS::SQS::Queue": _named("sqs:CreateQueue", "", "QueueName"),
    "AWS::SSM::Parameter": _named("ssm:PutParameter", "parameter/", "Name"),
}


def _require(needs: Iterator[Need]) -> None:
    key = operations.acting_access_key()
    for action, resource, keys in needs if key else ():
        hooks.require_allowed_to(key, action, resource, keys)


def _checked_create(needs: Callable[[Properties, str], Iterator[Need]]) -> Callable[[hook.Create], hook.Create]:
    def wrap(create: hook.Create) -> hook.Create:
        def created(logical_id: str, properties: Properties, stack_name: str) -> Result:
            _require(needs(dict(properties), f"{stack_name}-{logical_id}-{_GENERATED}"))
            return create(logical_id, properties, stack_name)

        return created

    return wrap


def _boundary_change(physical_id: str, old: Properties, new: Properties) -> Iterator[Need]:
    before, after = old.get("PermissionsBoundary"), new.get("PermissionsBoundary")
    if before != after:
        action = "iam:PutRolePermissionsBoundary" if after else "iam:DeleteRolePermissionsBoundary"
        yield action, _role_named(physical_id)[0], _bounded(new if after else old)


def _checked_update(update: Callable[..., Result]) -> Callable[..., Result]:
    def updated(physical_id: str, old: Properties, new: Properties, *rest: Any) -> Result:
        _require(_boundary_change(physical_id, old, dict(new)))
        return update(physical_id, old, new, *rest)

    return updated


def install() -> None:
    """Ask from now on."""
    for resource_type, needs in NEEDS.items():
        hook.wrap_create(resource_type, _checked_create(needs), blocking=False)
    hook.wrap_update("AWS::IAM::Role", _checked_update, blocking=False)
