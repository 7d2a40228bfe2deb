"""The alarms that end a roll-out: errors and latency of the new fleet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk

from config import catalogue
from config.schema import Endpoint, RolloutAlarms
from stacks.constructs.naming import construct_id

MICROSECONDS_PER_MILLISECOND = 1000
NAMESPACE = "AWS/SageMaker"


@dataclass(frozen=True)
class _Watched:
    """One limit. `statistic`: as CloudWatch writes it, percentiles too."""

    id: str
    suffix: str
    metric: str
    statistic: str
    threshold: float


class RollbackAlarms:
    """Each is of one configuration, and named after it: so a new one's alarms are new, and an old fleet's errors do
    not stop its own replacement. No data is no breach.

    Three for each variant; where those are more than SageMaker watches, three for the endpoint, on its worst variant.
    """

    def __init__(
        self,
        stack: cdk.Stack,
        *,
        endpoint: str,
        settings: Endpoint,
        configuration: str,
        topic_arn: str,
    ) -> None:
        self._stack, self._endpoint, self._configuration = stack, endpoint, configuration
        limits, variants = settings.rollout.alarms, list(settings.variants)
        self._period, self._topic_arn = limits.period_seconds, topic_arn
        watched = _watched(limits)
        self.names: list[str] = []
        self.ids: list[str] = []
        self.resources: list[cdk.CfnResource] = []
        if len(watched) * len(variants) <= catalogue.hosting().rollback_alarms:
            for variant in variants:
                for each in watched:
                    self._of_variant(variant, each)
        else:
            for each in watched:
                self._of_worst(variants, each)

    def _of_variant(self, variant: str, watched: _Watched) -> None:
        statistic = "ExtendedStatistic" if watched.statistic.startswith("p") else "Statistic"
        metric = {**self._metric(variant, watched), "Period": self._period, statistic: watched.statistic}
        self._alarm(f"{construct_id(variant)}{watched.id}", f"{variant}-{watched.suffix}", watched, metric)

    def _of_worst(self, variants: Sequence[str], watched: _Watched) -> None:
        metrics: list[dict[str, Any]] = [
            {
                "Id": f"m{number}",
                "ReturnData": False,
                "MetricStat": {
                    "Metric": self._metric(variant, watched),
                    "Period": self._period,
                    "Stat": watched.statistic,
                },
            }
            for number, variant in enumerate(variants)
        ]
        worst = {"Id": "worst", "Expression": "MAX(METRICS())", "ReturnData": True}
        self._alarm(watched.id, watched.suffix, watched, {"Metrics": [*metrics, worst]})

    def _metric(self, variant: str, watched: _Watched) -> dict[str, Any]:
        of = {"EndpointName": self._endpoint, "VariantName": variant, "EndpointConfigName": self._configuration}
        dimensions = [{"Name": name, "Value": value} for name, value in of.items()]
        return {"Namespace": NAMESPACE, "MetricName": watched.metric, "Dimensions": dimensions}

    def _alarm(self, id: str, suffix: str, watched: _Watched, metric: dict[str, Any]) -> None:
        name, logical_id = f"{self._configuration}-{suffix}", f"{id}Alarm"
        alarm = cdk.CfnResource(
            self._stack,
            logical_id,
            type="AWS::CloudWatch::Alarm",
            properties={
                "AlarmName": name,
                "AlarmDescription": f"{self._endpoint}, {suffix}: {watched.statistic} of {watched.metric}",
                **metric,
                "Threshold": watched.threshold,
                "EvaluationPeriods": 1,
                "ComparisonOperator": "GreaterThanThreshold",
                "TreatMissingData": "notBreaching",
                "AlarmActions": [self._topic_arn],
            },
        )
        self.names.append(name)
        self.ids.append(logical_id)
        self.resources.append(alarm)


def _watched(limits: RolloutAlarms) -> list[_Watched]:
    """SageMaker sends 1 for each request that failed so and 0 for every other: the average is the share."""
    errors, model_errors = limits.error_percent / 100, limits.model_error_percent / 100
    # ModelLatency is in microseconds.
    latency = limits.p99_latency_ms * MICROSECONDS_PER_MILLISECOND
    return [
        _Watched("Errors", "5xx", "Invocation5XXErrors", "Average", errors),
        _Watched("ModelErrors", "model-errors", "InvocationModelErrors", "Average", model_errors),
        _Watched("Latency", "latency", "ModelLatency", "p99", latency),
    ]
