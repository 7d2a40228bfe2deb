"""What a trail's log group must raise an alarm for."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.constructs.trail_filters import TRAIL_FILTERS, TrailFilter

PERIOD_SECONDS = 300


class MetricFilterAlarms(Construct):
    """One filter and one alarm for each of the CIS benchmark's events (CloudWatch.1 to .14).

    `log_group` is the name of a log group that CloudTrail writes to, `namespace` that of the metrics.
    """

    def __init__(self, scope: Construct, id: str, *, log_group: str, namespace: str, topic: str) -> None:
        super().__init__(scope, id)
        for each in TRAIL_FILTERS:
            self._alarm(each, log_group, namespace, topic)

    def _alarm(self, each: TrailFilter, log_group: str, namespace: str, topic: str) -> None:
        transformation = logs.CfnMetricFilter.MetricTransformationProperty(
            metric_name=each.metric, metric_namespace=namespace, metric_value="1"
        )
        logs.CfnMetricFilter(
            self,
            each.metric,
            log_group_name=log_group,
            filter_pattern=each.pattern,
            metric_transformations=[transformation],
        )
        cloudwatch.CfnAlarm(
            self,
            f"{each.metric}Alarm",
            alarm_description=f"{each.control}: {each.event}.",
            namespace=namespace,
            metric_name=each.metric,
            statistic="Sum",
            period=PERIOD_SECONDS,
            evaluation_periods=1,
            threshold=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
            actions_enabled=True,
            alarm_actions=[topic],
        )
