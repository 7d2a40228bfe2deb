"""Alarms: their windows, statistics and missing data, and what they do without anybody looking."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.hooks import alarm_evaluation, internals, metric_data
from tests.local.cloud import LocalCloud, eventually
from tests.local.sagemaker.workshop import unique

_cloudwatch = internals.module("services.cloudwatch")
_NAMESPACE = "Tests"
# A moment a second after a whole minute.
NOW = 1_800_000_001.0


@pytest.fixture(autouse=True)
def own_account() -> Iterator[None]:
    """MiniStack's state in this process, of an account that no other test has."""
    with internals.module("core.responses").request_scope("210987654321", "eu-west-1"):
        yield
        for store in (_cloudwatch._alarms, _cloudwatch._metrics):
            for key in list(store):
                del store[key]


def _alarm(**changes: Any) -> dict[str, Any]:
    """An alarm as MiniStack stores it, without effects."""
    alarm = {
        "AlarmName": unique("alarm"),
        "AlarmArn": "arn",
        "Namespace": _NAMESPACE,
        "MetricName": "Errors",
        "Dimensions": [{"Name": "Variant", "Value": "a"}],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0.5,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "StateValue": "INSUFFICIENT_DATA",
        "AlarmConfigurationUpdatedTimestamp": 1,
        **changes,
    }
    _cloudwatch._alarms[alarm["AlarmName"]] = alarm
    return alarm


def _put(value: float, ago: float, *, variant: str = "a", metric: str = "Errors", count: float = 1) -> None:
    _cloudwatch._store_datum(_NAMESPACE, metric, {"Variant": variant}, NOW - ago, "None", None, [value], [count], None)


def _state(alarm: dict[str, Any], later: float = 0.0) -> str:
    alarm_evaluation.evaluate(alarm, NOW + later)
    return str(alarm["StateValue"])


def should_look_at_whole_periods_only() -> None:
    alarm = _alarm()
    _put(1.0, ago=0.5)  # in the period that has just begun
    _put(0.0, ago=30)
    assert _state(alarm) == "OK"
    assert _state(alarm, later=60) == "ALARM"


def should_look_at_its_own_dimensions_only() -> None:
    alarm = _alarm()
    _put(1.0, ago=30, variant="b")
    _put(0.0, ago=30)
    assert _state(alarm) == "OK"


def should_end_when_data_does() -> None:
    alarm = _alarm()
    _put(1.0, ago=30)
    assert _state(alarm) == "ALARM"
    # The data of the next period may still be on its way.
    assert _state(alarm, later=61) == "ALARM"
    assert _state(alarm, later=64) == "OK"
    assert "no datapoints were received for 1 period(s)" in alarm["StateReason"]
    assert "[NonBreaching]" in alarm["StateReason"]


def should_judge_percentiles_of_all_values_of_the_period() -> None:
    alarm = _alarm(ExtendedStatistic="p99", Threshold=800.0)
    _put(100.0, ago=20, count=970)
    _put(900.0, ago=10, count=30)
    assert _state(alarm) == "ALARM"
    calm = _alarm(ExtendedStatistic="p90", Threshold=800.0)
    assert _state(calm) == "OK"


def _largest_of(*variants: str) -> list[dict[str, Any]]:
    metric = {"Namespace": _NAMESPACE, "MetricName": "Errors"}
    return [
        {"Id": "worst", "Expression": "MAX(METRICS())", "ReturnData": True},
        *(
            {
                "Id": f"m{variant}",
                "ReturnData": False,
                "MetricStat": {
                    "Metric": {**metric, "Dimensions": [{"Name": "Variant", "Value": variant}]},
                    "Period": 60,
                    "Stat": "Average",
                },
            }
            for variant in variants
        ),
    ]


def should_judge_the_largest_of_several_metrics() -> None:
    alarm = _alarm(Metrics=_largest_of("a", "b", "c"))
    _put(0.1, ago=30)
    _put(0.9, ago=30, variant="b")
    assert _state(alarm) == "ALARM"
    assert "0.9 (" in alarm["StateReason"]


def should_need_as_many_breaching_datapoints_as_it_says() -> None:
    alarm = _alarm(EvaluationPeriods=3, DatapointsToAlarm=2)
    _put(1.0, ago=150)
    assert _state(alarm) == "OK"
    _put(1.0, ago=30)
    assert _state(alarm) == "ALARM"
    assert alarm["StateReason"].startswith("Threshold Crossed: 2 out of the last 3 datapoints [1.0 (")
    assert "were greater than the threshold (0.5) (minimum 2 datapoints" in alarm["StateReason"]


@pytest.mark.parametrize(
    ("treatment", "values", "state"),
    [
        # The oldest period first; None is missing. Three of three are needed; it was OK before.
        ("missing", (None, None, None), "INSUFFICIENT_DATA"),
        ("missing", (None, None, 1.0), "ALARM"),
        ("missing", (0.0, None, 1.0), "OK"),
        ("notBreaching", (None, 1.0, 1.0), "OK"),
        ("breaching", (None, 1.0, 1.0), "ALARM"),
        ("breaching", (None, None, None), "ALARM"),
        ("ignore", (None, None, None), "OK"),
        ("ignore", (None, 1.0, 1.0), "OK"),
        ("ignore", (1.0, 1.0, 1.0), "ALARM"),
    ],
)
def should_treat_missing_data_as_told(treatment: str, values: tuple[float | None, ...], state: str) -> None:
    alarm = _alarm(EvaluationPeriods=3, TreatMissingData=treatment, StateValue="OK")
    for number, value in enumerate(reversed(values)):
        if value is not None:
            _put(value, ago=30 + 60 * number)
    assert _state(alarm, later=4) == state


def should_keep_a_state_set_by_hand_until_there_is_something_new() -> None:
    alarm = _alarm()
    assert _state(alarm, later=4) == "OK"
    alarm["StateValue"] = "ALARM"
    assert _state(alarm, later=30) == "ALARM"
    assert _state(alarm, later=64) == "OK"


def should_see_what_arrives_late() -> None:
    alarm = _alarm()
    assert _state(alarm, later=10) == "OK"
    _put(1.0, ago=5)
    assert _state(alarm, later=11) == "ALARM"


def should_forget_old_points_once_a_minute_and_not_at_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _cloudwatch._evict_old_metrics.__module__ == metric_data.__name__


def _arguments(**changes: Any) -> dict[str, Any]:
    return {
        "AlarmName": unique("alarm"),
        "EvaluationPeriods": 1,
        "Threshold": 0.5,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        **changes,
    }


def should_go_off_and_end_without_anybody_looking(fast_cloud: LocalCloud) -> None:
    cloudwatch, sns, sqs = (fast_cloud.client(name) for name in ("cloudwatch", "sns", "sqs"))
    topic = sns.create_topic(Name=unique("alarms"))["TopicArn"]
    queue = sqs.create_queue(QueueName=unique("alarms"))["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**allowed, "Resource": queue_arn}]}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    namespace = unique("Tests")
    queries = [
        {"Id": "worst", "Expression": "MAX(METRICS())"},
        *(
            {
                "Id": name,
                "ReturnData": False,
                "MetricStat": {
                    "Metric": {"Namespace": namespace, "MetricName": name},
                    "Period": 10,
                    "Stat": "p99",
                },
            }
            for name in ("one", "two")
        ),
    ]
    arguments = _arguments(Metrics=queries, AlarmActions=[topic], OKActions=[topic])
    cloudwatch.put_metric_alarm(**arguments)
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "two", "Value": 1.0}])
    messages: list[str] = []

    def states() -> list[str]:
        for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", []):
            messages.append(json.loads(json.loads(message["Body"])["Message"])["NewStateValue"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return messages

    eventually(lambda: states()[-2:] == ["ALARM", "OK"])
    (described,) = cloudwatch.describe_alarms(AlarmNames=[arguments["AlarmName"]])["MetricAlarms"]
    assert [query["Id"] for query in described["Metrics"]] == ["worst", "one", "two"]
    assert "MetricName" not in described and "Period" not in described
    history = cloudwatch.describe_alarm_history(AlarmName=arguments["AlarmName"])["AlarmHistoryItems"]
    assert "Alarm updated from OK to ALARM" in [item["HistorySummary"] for item in history]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"Metrics": [{"Id": "x", "Expression": "ANOMALY_DETECTION_BAND(m1)"}]},
            r"'ANOMALY_DETECTION_BAND\(m1\)' is not supported by the local cloud",
        ),
        ({"Namespace": "N", "MetricName": "M", "Period": 60, "ExtendedStatistic": "tm99"}, "'tm99' is not supported"),
        ({"Namespace": "N", "MetricName": "M", "Period": 45, "Statistic": "Sum"}, "period 45 is not valid"),
        (
            {"Namespace": "N", "MetricName": "M", "Statistic": "Sum", "ComparisonOperator": "LessThanLowerThreshold"},
            "LessThanLowerThreshold",
        ),
    ],
)
def should_refuse_an_alarm_that_it_could_not_evaluate(
    local_cloud: LocalCloud, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        local_cloud.client("cloudwatch").put_metric_alarm(**_arguments(**changes))


def should_make_alarms_over_metric_math_from_templates(local_cloud: LocalCloud) -> None:
    name = unique("stack")
    metric = {"Namespace": _NAMESPACE, "MetricName": "Errors", "Dimensions": [{"Name": "Variant", "Value": "a"}]}
    properties = {
        "AlarmName": name,
        "EvaluationPeriods": 1,
        "Threshold": 0.5,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "Metrics": [
            {"Id": "worst", "Expression": "MAX(METRICS())"},
            {"Id": "a", "ReturnData": "false", "MetricStat": {"Metric": metric, "Period": "60", "Stat": "Average"}},
        ],
    }
    template = {"Resources": {"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}}}
    cloudformation = local_cloud.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    (found,) = local_cloud.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert [query.get("Expression") for query in found["Metrics"]] == ["MAX(METRICS())", None]
    assert found["Metrics"][1]["MetricStat"]["Period"] == 60 and found["Metrics"][1]["ReturnData"] is False
