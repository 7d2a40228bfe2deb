"""Key policies as data: what each class of key lets in beside the account's own IAM policies.

Services are let in for what they encrypt and no more (confused deputy): by the resource that they act for, or by the
encryption context, which KMS binds to the ciphertext.
"""

from __future__ import annotations

from collections.abc import Sequence

from stacks.permissions.audit import (
    CLOUDTRAIL,
    CLOUDWATCH,
    EVENTS,
    SNS,
    queue_name,
    topic_name,
    trail_arn,
    trail_log_group,
)
from stacks.permissions.conditions import FOR_SERVICES
from stacks.permissions.resource_statement import ResourceStatement
from stacks.values.account import Account

# What IAM policies of the account may allow: everything a symmetric key of one region is for, but grants to people.
ADMINISTER = (
    "CancelKeyDeletion",
    "CreateAlias",
    "DeleteAlias",
    "DescribeKey",
    "DisableKey",
    "DisableKeyRotation",
    "EnableKey",
    "EnableKeyRotation",
    "GetKeyPolicy",
    "GetKeyRotationStatus",
    "ListGrants",
    "ListKeyPolicies",
    "ListKeyRotations",
    "ListResourceTags",
    "PutKeyPolicy",
    "RetireGrant",
    "RevokeGrant",
    "RotateKeyOnDemand",
    "ScheduleKeyDeletion",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateKeyDescription",
)
USE = ("Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo")
ENVELOPE = ["kms:Decrypt", "kms:GenerateDataKey*"]


def of_every_key(account: Account) -> list[ResourceStatement]:
    """IAM policies of this account count: without this they would not.

    No policy of anybody's can hand the key on to a person or another account by a grant: grants are for AWS services.
    """
    own = {"AWS": account.global_arn("iam", "root")}
    actions = [f"kms:{action}" for action in (*ADMINISTER, *USE)]
    return [
        ResourceStatement("IamPolicies", own, actions, {}),
        ResourceStatement("GrantsForServices", own, ["kms:CreateGrant"], FOR_SERVICES),
    ]


def for_log_groups(account: Account, name: str) -> list[ResourceStatement]:
    """The platform's log groups: its own, those SageMaker makes for its endpoints, and the web ACL's."""
    return [_log_groups(account, [f"/{name}/*", f"/aws/sagemaker/Endpoints/{name}-*", f"aws-waf-logs-{name}*"])]


def for_trail(account: Account, name: str) -> list[ResourceStatement]:
    """CloudTrail, for this one trail, and the trail's log group.

    DescribeKey has no encryption context, and Decrypt has S3's.
    """
    trail = {"aws:SourceArn": trail_arn(account, name)}
    trails = f"arn:{account.partition}:cloudtrail:*:{account.id}:trail/*"
    encrypted_for = {"StringEquals": trail, "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": trails}}
    return [
        ResourceStatement("TrailEncrypts", CLOUDTRAIL, ["kms:GenerateDataKey*"], encrypted_for),
        ResourceStatement("TrailLooks", CLOUDTRAIL, ["kms:Decrypt", "kms:DescribeKey"], {"StringEquals": trail}),
        _log_groups(account, [trail_log_group(name)]),
    ]


def for_notifications(account: Account, name: str) -> list[ResourceStatement]:
    """Alarms and rules that publish to the operators' topic; rules and the topic that leave dead letters.

    Without these an alarm or an event is lost without a sign. SNS supports no aws:SourceAccount or aws:SourceArn in the
    key's policy for EventBridge (developer guide: encrypted topics), so the topic and the queue themselves are named.
    """
    topic, queue = account.arn("sns", topic_name(name)), account.arn("sqs", queue_name(name))
    of_topic = {"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": topic}}
    of_queue = {"StringEquals": {"kms:EncryptionContext:aws:sqs:arn": queue}}
    return [
        ResourceStatement("Alarms", CLOUDWATCH, ENVELOPE, {"StringEquals": {"aws:SourceAccount": account.id}}),
        ResourceStatement("RulesToTopic", EVENTS, ENVELOPE, of_topic),
        ResourceStatement("RulesToDeadLetters", EVENTS, ENVELOPE, of_queue),
        ResourceStatement("TopicToDeadLetters", SNS, ENVELOPE, of_queue),
    ]


def _log_groups(account: Account, patterns: Sequence[str]) -> ResourceStatement:
    """As the CloudWatch Logs user guide has it; DescribeKey included, although it carries no encryption context."""
    groups = [account.arn("logs", f"log-group:{pattern}") for pattern in patterns]
    actions = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    logs = {"Service": f"logs.{account.region}.amazonaws.com"}
    return ResourceStatement("LogGroups", logs, actions, {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}})
