"""What is recorded, who is told, and what waits when nobody could be told."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_accessanalyzer as accessanalyzer
from constructs import Construct

from config.schema import Audit as AuditSettings
from stacks.constructs.accepted import TAKES_OTHER_STACKS_LOGS
from stacks.constructs.audit_trail import AuditTrail
from stacks.constructs.dead_letter_queue import DeadLetterQueue
from stacks.constructs.failure_notices import FailureNotices
from stacks.constructs.metric_filter_alarms import MetricFilterAlarms
from stacks.constructs.operator_topic import OperatorTopic
from stacks.constructs.private_bucket import PrivateBucket
from stacks.permissions.audit import access_log_delivery
from stacks.values.identity import Identity
from stacks.values.key_arns import KeyArns

# Nobody replaces an access log; a year like the logs themselves.
NONCURRENT_DAYS = 365


class Audit(cdk.Stack):
    """`topic_arn` and `dead_letters_arn` are the operators' topic and the queue behind rules and functions.

    `access_logs_bucket` is the name of the bucket that takes all other buckets' access logs;
    `buckets` are the names of all buckets here. With `settings.trail` an
    organisation's trail records, and none is made; its alarms are, where its log group lies in this account.

    Controls: CloudTrail.1 to .7, CloudWatch.1 to .17, SNS.1, SNS.4, SQS.1, SQS.3, IAM.28; see docs/audit.md.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        identity: Identity,
        keys: KeyArns,
        settings: AuditSettings,
        retain: bool,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id, **stack)
        account = identity.account
        self.access_logs_bucket = PrivateBucket(
            self,
            "AccessLogs",
            account=account,
            key=None,
            access_logs=None,
            noncurrent_days=NONCURRENT_DAYS,
            retain=retain,
            statements=[access_log_delivery(account)],
            expire={"": settings.log_retention_days},
            accepted=[TAKES_OTHER_STACKS_LOGS] if settings.trail else [],
        ).name
        self.buckets = [self.access_logs_bucket]
        cdk.CfnOutput(self, "AccessLogsBucket", value=self.access_logs_bucket)
        topic = OperatorTopic(self, "Operators", account=account, name=name, key=keys.notifications)
        self.topic_arn = topic.arn
        self.dead_letters_arn = DeadLetterQueue(
            self, "DeadLetters", account=account, name=name, key=keys.notifications, topic=self.topic_arn
        ).arn
        topic.subscribe(settings.emails, dead_letters=self.dead_letters_arn)
        FailureNotices(
            self, "Failures", account=account, name=name, topic=self.topic_arn, dead_letters=self.dead_letters_arn
        )
        log_group = settings.trail.log_group if settings.trail else self._trail(name, identity, keys, settings, retain)
        if log_group:
            MetricFilterAlarms(self, "Alarms", log_group=log_group, namespace=f"{name}/trail", topic=self.topic_arn)
        if settings.access_analyzer == "own":
            accessanalyzer.CfnAnalyzer(self, "ExternalAccess", analyzer_name=f"{name}-external-access", type="ACCOUNT")

    def _trail(self, name: str, identity: Identity, keys: KeyArns, settings: AuditSettings, retain: bool) -> str:
        trail = AuditTrail(
            self,
            "Trail",
            name=name,
            identity=identity,
            key=keys.trail,
            access_logs=self.access_logs_bucket,
            settings=settings,
            retain=retain,
        )
        self.buckets.append(trail.bucket)
        cdk.CfnOutput(self, "TrailBucket", value=trail.bucket)
        return trail.log_group
