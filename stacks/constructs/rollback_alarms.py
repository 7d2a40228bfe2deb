"""The alarms that end a roll-out: errors and latency of one variant."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from config.schema import RolloutAlarms

MICROSECONDS_PER_MILLISECOND = 1000


class RollbackAlarms(Construct):
    """`names` are the alarms to watch. They exist before the endpoint does: no data is no breach."""

    def __init__(self, scope: Construct, id: str, *, endpoint: str, variant: str, limits: RolloutAlarms) -> None:
        super().__init__(scope, id)
        self._dimensions = {"EndpointName": endpoint, "VariantName": variant}
        # SageMaker sends 1 for each request answered 5xx and 0 for every other: the average is the share.
        errors = self._metric("Invocation5XXErrors", "Average")
        # ModelLatency is in microseconds.
        latency = self._metric("ModelLatency", "p99")
        alarms = [
            self._alarm("Errors", errors, limits.error_percent / 100, f"{endpoint}/{variant}: share of 5xx answers"),
            self._alarm(
                "Latency",
                latency,
                limits.p99_latency_ms * MICROSECONDS_PER_MILLISECOND,
                f"{endpoint}/{variant}: p99 of ModelLatency",
            ),
        ]
        self.names = [alarm.alarm_name for alarm in alarms]

    def _metric(self, name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/SageMaker",
            metric_name=name,
            dimensions_map=self._dimensions,
            statistic=statistic,
            period=cdk.Duration.minutes(1),
        )

    def _alarm(self, id: str, metric: cloudwatch.IMetric, threshold: float, description: str) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            id,
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=description,
        )
