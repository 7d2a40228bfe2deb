"""What invocations tell CloudWatch: by variant and configuration, period by period."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import hooks
from local.sagemaker import endpoint_metrics
from local.sagemaker.endpoint_metrics import Meter, frequency_of
from tests.local.cloud import eventually
from tests.local.sagemaker.workshop import Workshop, unique

WAITING = """
import json
def model_fn(model_dir): return None
def predict_fn(path, model): return open(path).read()
"""
_EVERY_10_SECONDS = {"EnableEnhancedMetrics": True, "MetricPublishFrequencyInSeconds": 10}


def _endpoint(workshop: Workshop, script: str | None = None) -> tuple[str, str]:
    """An endpoint with one variant, `only`, whose metrics are published as often as can be, and its configuration."""
    given = {"script": script} if script else {}
    variant = {
        "VariantName": "only",
        "ModelName": workshop.model(workshop.role(), "x", **given),
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    name = unique("config")
    workshop.sagemaker.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[variant], MetricsConfig=_EVERY_10_SECONDS
    )
    return workshop.endpoint(name), name


def _statistics(workshop: Workshop, metric: str, dimensions: dict[str, str], *names: str) -> dict[str, float]:
    """Statistics of a metric over the last hour; empty while it has none."""
    now = dt.datetime.now(dt.UTC)
    found = workshop.cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - dt.timedelta(hours=1),
        EndTime=now + dt.timedelta(hours=1),
        Period=86400,
        **{
            kind: listed
            for kind, listed in (
                ("Statistics", [name for name in names if not name.startswith("p")]),
                ("ExtendedStatistics", [name for name in names if name.startswith("p")]),
            )
            if listed
        },
    )["Datapoints"]
    point: dict[str, Any] = found[0] if found else {}
    return {**{name: point[name] for name in names if name in point}, **point.get("ExtendedStatistics", {})}


def should_publish_what_requests_came_to(fast_workshop: Workshop) -> None:
    endpoint, configuration = _endpoint(fast_workshop)
    for data in ("a", "b", "c", "d", "e", "raise", "raise"):
        with contextlib.suppress(ClientError):
            fast_workshop.invoke(endpoint, data)
    with pytest.raises(ClientError, match="415"):
        fast_workshop.runtime.invoke_endpoint(EndpointName=endpoint, Body=b"x", ContentType="image/png")
    plain = {"EndpointName": endpoint, "VariantName": "only"}
    for dimensions in (plain, {**plain, "EndpointConfigName": configuration}):

        def value(metric: str, statistic: str, dimensions: dict[str, str] = dimensions) -> float | None:
            return _statistics(fast_workshop, metric, dimensions, statistic).get(statistic)

        eventually(lambda value=value: value("Invocations", "Sum") == 8)  # type: ignore[misc]
        assert value("Invocation5XXErrors", "Average") == 2 / 8
        assert value("Invocation4XXErrors", "Average") == 1 / 8
        assert value("InvocationModelErrors", "Sum") == 3
        assert value("InvocationsPerInstance", "Sum") == 8
        slowest, p99 = value("ModelLatency", "Maximum"), value("ModelLatency", "p99")
        assert slowest and p99 and 100 < p99 <= slowest < 5e6  # microseconds
        assert value("OverheadLatency", "SampleCount") == 8


def should_publish_what_is_left_when_a_fleet_ends(workshop: Workshop) -> None:
    endpoint = workshop.endpoint(workshop.configuration(("only", workshop.model(workshop.role(), "x"), 1)))
    workshop.invoke(endpoint)
    workshop.sagemaker.delete_endpoint(EndpointName=endpoint)
    dimensions = {"EndpointName": endpoint, "VariantName": "only"}
    eventually(lambda: _statistics(workshop, "Invocations", dimensions, "Sum") == {"Sum": 1})


def should_sample_how_many_requests_an_instance_works_on(fast_workshop: Workshop, tmp_path: Path) -> None:
    endpoint, _ = _endpoint(fast_workshop, WAITING)
    dimensions = {"EndpointName": endpoint, "VariantName": "only"}
    gates = [tmp_path / name for name in ("one", "two")]
    for gate in gates:
        os.mkfifo(gate)
    with ThreadPoolExecutor(2) as pool, contextlib.ExitStack() as opened:
        pending = [pool.submit(fast_workshop.invoke, endpoint, str(gate)) for gate in gates]
        for gate in gates:
            opened.enter_context(gate.open("w"))  # opens as soon as the model reads
        eventually(
            lambda: (
                _statistics(fast_workshop, "ConcurrentRequestsPerModel", dimensions, "Maximum").get("Maximum") == 2.0
            )
        )
        opened.close()
        assert [str(future.result()[0]) for future in pending] == ["", ""]


def should_answer_statistics_of_several_metrics_at_once(fast_workshop: Workshop) -> None:
    endpoint, _ = _endpoint(fast_workshop)
    fast_workshop.invoke(endpoint)
    metric = {
        "Namespace": "AWS/SageMaker",
        "MetricName": "ModelLatency",
        "Dimensions": [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": "only"}],
    }
    now = dt.datetime.now(dt.UTC)

    def found() -> list[Sequence[float]]:
        answer = fast_workshop.cloud.client("cloudwatch").get_metric_data(
            MetricDataQueries=[
                {"Id": name, "MetricStat": {"Metric": metric, "Period": 60, "Stat": name}} for name in ("p99", "p50")
            ],
            StartTime=now - dt.timedelta(minutes=5),
            EndTime=now + dt.timedelta(minutes=5),
        )
        return [result["Values"] for result in answer["MetricDataResults"]]

    p99, p50 = eventually(lambda: found() if all(found()) else None) or ([], [])
    assert p99 == p50 and p99[0] > 100


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (None, 60),
        ({"EnableEnhancedMetrics": True, "MetricPublishFrequencyInSeconds": 10}, 10),
        ({"EnableEnhancedMetrics": False, "MetricPublishFrequencyInSeconds": 10}, 60),
        ({"EnableEnhancedMetrics": True}, 60),
    ],
)
def should_publish_more_often_with_enhanced_metrics_only(given: dict[str, Any] | None, seconds: float) -> None:
    assert frequency_of({"MetricsConfig": given}) == seconds


class Published:
    """Stands for CloudWatch, and for the clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.data: list[hooks.Datum] = []
        self.now = 1000.0
        monkeypatch.setattr(hooks, "put_metrics", lambda namespace, data: self.data.extend(data))
        monkeypatch.setattr(time, "time", lambda: self.now)

    def values(self, metric: str) -> dict[float, dict[float, float]]:
        """What was published without the configuration's name: counts by value, by period."""
        return {d.timestamp: dict(d.values) for d in self.data if d.name == metric and len(d.dimensions) == 2}


def should_publish_whole_periods_only(monkeypatch: pytest.MonkeyPatch) -> None:
    published = Published(monkeypatch)
    meter = Meter("reviews", "only", {"EndpointConfigName": "c", "MetricsConfig": _EVERY_10_SECONDS}, lambda: [0, 0])
    for moment, status in ((1001.0, 200), (1009.9, 500), (1010.0, 200), (1012.0, 0)):
        published.now = moment
        meter.count(status, model_seconds=0.0123456, overhead_seconds=0.001)
    meter.publish(1019.9)
    assert published.values("Invocation5XXErrors") == {1000.0: {0.0: 1, 1.0: 1}}
    assert published.values("ModelLatency") == {1000.0: {12300.0: 2}}
    assert published.values("InvocationsPerInstance") == {1000.0: {0.5: 2}}
    meter.publish(1020.0)
    assert published.values("InvocationModelErrors") == {1000.0: {0.0: 1, 1.0: 1}, 1010.0: {0.0: 1, 1.0: 1}}
    assert {tuple(sorted(datum.dimensions)) for datum in published.data} == {
        ("EndpointName", "VariantName"),
        ("EndpointConfigName", "EndpointName", "VariantName"),
    }


def should_sample_concurrency_in_periods_of_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    published = Published(monkeypatch)
    meter = Meter("reviews", "only", {"EndpointConfigName": "c"}, lambda: [3, 1])
    meter.sample(1003.0)
    meter.sample(1004.0)
    meter.publish(1010.0)
    assert published.values("ConcurrentRequestsPerModel") == {1000.0: {3.0: 2, 1.0: 2}}


def should_go_on_with_the_other_meters_where_one_fails() -> None:
    published = threading.Event()

    class Broken:
        visits = 0

        def publish(self, now: float) -> None:
            self.visits += 1
            raise RuntimeError("a fault of ours")

        def sample(self, now: float) -> None:
            pass

    class Whole:
        def publish(self, now: float) -> None:
            if broken.visits > 1:
                published.set()

        def sample(self, now: float) -> None:
            pass

    broken, whole = Broken(), Whole()
    try:
        for meter in (broken, whole):
            endpoint_metrics.publish_regularly(meter)
        assert published.wait(30)
    finally:
        for meter in (broken, whole):
            endpoint_metrics.publish_no_more(meter)
