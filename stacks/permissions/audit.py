"""What the audit trail, the operators' topic and the dead letters let whom do, and the names that other policies need.

Trail, topic and queue have fixed names, because key policies name them and are written before they exist.
"""

from __future__ import annotations

from stacks.permissions.perimeter import BucketStatement
from stacks.permissions.resource_statement import ResourceStatement
from stacks.permissions.statement import Because, Statement
from stacks.values.account import Account

CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}
CLOUDWATCH = {"Service": "cloudwatch.amazonaws.com"}
EVENTS = {"Service": "events.amazonaws.com"}
SNS = {"Service": "sns.amazonaws.com"}
PLAIN_HTTP = {"Bool": {"aws:SecureTransport": "false"}}


def trail_name(name: str) -> str:
    """The environment's trail; `name` is `<prefix>-<environment>`, here and below."""
    return f"{name}-trail"


def trail_arn(account: Account, name: str) -> str:
    """The trail as the source of its calls."""
    return account.arn("cloudtrail", f"trail/{trail_name(name)}")


def trail_log_group(name: str) -> str:
    """The log group that the trail also writes to."""
    return f"/{name}/trail"


def topic_name(name: str) -> str:
    """The operators' topic."""
    return f"{name}-operators"


def queue_name(name: str) -> str:
    """The queue of events and calls that could not be delivered."""
    return f"{name}-dead-letters"


def trail_logs(account: Account, name: str) -> list[Statement]:
    """CloudTrail names its streams `<account>_CloudTrail_<region>`, and adds a number when there is much to write."""
    group = account.arn("logs", f"log-group:{trail_log_group(name)}")
    streams = f"{group}:log-stream:{account.id}_CloudTrail_{account.region}*"
    write = ["logs:CreateLogStream", "logs:PutLogEvents"]
    return [Statement("Deliver", write, [streams], because=Because.VERSIONS)]


def trail_delivery(account: Account, name: str) -> list[BucketStatement]:
    """CloudTrail, for this trail only (user guide: Amazon S3 bucket policy for CloudTrail)."""
    trail = {"aws:SourceArn": trail_arn(account, name)}
    put = {"StringEquals": {**trail, "s3:x-amz-acl": "bucket-owner-full-control"}}
    objects = [f"/AWSLogs/{account.id}/*"]
    return [
        BucketStatement("TrailLooks", ["s3:GetBucketAcl"], {"StringEquals": trail}, CLOUDTRAIL, [""], "Allow"),
        BucketStatement("TrailDelivers", ["s3:PutObject"], put, CLOUDTRAIL, objects, "Allow"),
    ]


def access_log_delivery(account: Account) -> BucketStatement:
    """S3, for buckets of this account (user guide: permissions for log delivery)."""
    own = {"StringEquals": {"aws:SourceAccount": account.id}}
    logging = {"Service": "logging.s3.amazonaws.com"}
    return BucketStatement("AccessLogs", ["s3:PutObject"], own, logging, ["/*"], "Allow")


def publish(account: Account) -> list[ResourceStatement]:
    """This account's alarms, and rules, publish to the operators' topic.

    SNS evaluates no condition for EventBridge: with one, every notice would be dropped (EventBridge user guide,
    resource-based policies: "You can't use Condition blocks in Amazon SNS topic policies for EventBridge").
    """
    alarms = {
        "StringEquals": {"aws:SourceAccount": account.id},
        "ArnLike": {"aws:SourceArn": account.arn("cloudwatch", "alarm:*")},
    }
    return [
        ResourceStatement("Alarms", CLOUDWATCH, ["sns:Publish"], alarms),
        ResourceStatement("Rules", EVENTS, ["sns:Publish"], {}),
        ResourceStatement("TlsOnly", "*", ["sns:Publish"], PLAIN_HTTP, "Deny"),
    ]


def send(account: Account, name: str) -> list[ResourceStatement]:
    """Rules and the topic send here what they could not deliver.

    Functions do so with their own roles, which need no statement.
    """
    topic = {"ArnEquals": {"aws:SourceArn": account.arn("sns", topic_name(name))}}
    return [
        ResourceStatement("Rules", EVENTS, ["sqs:SendMessage"], _rules(account)),
        ResourceStatement("Topic", SNS, ["sqs:SendMessage"], topic),
        ResourceStatement("TlsOnly", "*", ["sqs:*"], PLAIN_HTTP, "Deny"),
    ]


def _rules(account: Account) -> dict[str, dict[str, str]]:
    """Every rule of this account: CloudFormation makes up their names, and shortens what they begin with."""
    return {"ArnLike": {"aws:SourceArn": account.arn("events", "rule/*")}}
