"""Where events and calls wait that could not be delivered."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.constructs.accepted import LAST_QUEUE
from stacks.constructs.acknowledgement import acknowledge
from stacks.permissions.audit import queue_name, send
from stacks.permissions.resource_statement import resource_policy
from stacks.values.account import Account

RETENTION_SECONDS = 14 * 24 * 3600
PERIOD_SECONDS = 300


class DeadLetterQueue(Construct):
    """An encrypted queue that keeps messages for 14 days, SQS's longest; the first one raises an alarm to `topic`."""

    def __init__(self, scope: Construct, id: str, *, account: Account, name: str, key: str, topic: str) -> None:
        super().__init__(scope, id)
        queue = sqs.CfnQueue(
            self,
            "Queue",
            queue_name=queue_name(name),
            kms_master_key_id=key,
            message_retention_period=RETENTION_SECONDS,
        )
        acknowledge(queue, LAST_QUEUE)
        self.arn = queue.attr_arn
        sqs.CfnQueuePolicy(
            self, "Policy", queues=[queue.ref], policy_document=resource_policy(send(account, name), self.arn)
        )
        dimension = cloudwatch.CfnAlarm.DimensionProperty(name="QueueName", value=queue.attr_queue_name)
        cloudwatch.CfnAlarm(
            self,
            "Waiting",
            alarm_description="Events or calls could not be delivered: see docs/audit.md.",
            namespace="AWS/SQS",
            metric_name="ApproximateNumberOfMessagesVisible",
            dimensions=[dimension],
            statistic="Maximum",
            period=PERIOD_SECONDS,
            evaluation_periods=1,
            threshold=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
            actions_enabled=True,
            alarm_actions=[topic],
        )
