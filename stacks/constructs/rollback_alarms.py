"""The alarms that end a roll-out: errors and latency of one variant."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from config.schema import RolloutAlarms

MICROSECONDS_PER_MILLISECOND = 1000


class RollbackAlarms(Construct):
    """`names` are the alarms to watch. They exist before the endpoint does: no data is no breach."""

    def __init__(
        self, scope: Construct, id: str, *, endpoint: str, variant: str, limits: RolloutAlarms, topic_arn: str
    ) -> None:
        super().__init__(scope, id)
        self._dimensions = {"EndpointName": endpoint, "VariantName": variant}
        self._topic_arn = topic_arn
        alarms = [
            # SageMaker sends 1 for each request answered 5xx and 0 for every other: the average is the share.
            self._alarm(
                "Errors",
                f"{endpoint}/{variant}: share of 5xx answers",
                metric_name="Invocation5XXErrors",
                statistic="Average",
                threshold=limits.error_percent / 100,
            ),
            # ModelLatency is in microseconds.
            self._alarm(
                "Latency",
                f"{endpoint}/{variant}: p99 of ModelLatency",
                metric_name="ModelLatency",
                extended_statistic="p99",
                threshold=limits.p99_latency_ms * MICROSECONDS_PER_MILLISECOND,
            ),
        ]
        self.names = [alarm.ref for alarm in alarms]

    def _alarm(self, id: str, description: str, **watched: Any) -> cloudwatch.CfnAlarm:
        return cloudwatch.CfnAlarm(
            self,
            id,
            alarm_description=description,
            namespace="AWS/SageMaker",
            dimensions=[
                cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
                for name, value in self._dimensions.items()
            ],
            period=60,
            evaluation_periods=1,
            comparison_operator="GreaterThanThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[self._topic_arn],
            **watched,
        )
