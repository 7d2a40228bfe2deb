"""What an endpoint's invocations tell CloudWatch, published period by period and away from the requests.

Source: "SageMaker AI endpoint invocation metrics" in SageMaker's developer guide. An error metric gets a 0 for each
request without the error, so its average is the error rate. Latencies are in microseconds.
"""

import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from local import hooks
from local.hooks import Datum
from local.sagemaker.timing import timing

Record = dict[str, Any]
_LOG = logging.getLogger(__name__)
NAMESPACE = "AWS/SageMaker"
FREQUENCIES = (10, 30, 60, 120, 180, 240, 300)
_DEFAULT_FREQUENCY_SECONDS = 60
# Latencies are kept to so many digits, so that a period has a few hundred different ones at most.
_DIGITS = 3
_SAMPLES_PER_PERIOD = 10
_CONCURRENCY = "ConcurrentRequestsPerModel"
_PER_INSTANCE = "InvocationsPerInstance"
_UNITS = {"ModelLatency": "Microseconds", "OverheadLatency": "Microseconds"}
_Period = tuple[float, str]


def frequency_of(configuration: Mapping[str, Any]) -> float:
    """Return how often, in seconds, an endpoint configuration has invocation metrics published."""
    given = configuration.get("MetricsConfig") or {}
    # Without enhanced metrics the frequency is that of utilization metrics alone.
    chosen = given.get("MetricPublishFrequencyInSeconds") if given.get("EnableEnhancedMetrics") else None
    return timing().shortened(float(chosen or _DEFAULT_FREQUENCY_SECONDS))


class Meter:
    """The invocations of one variant under one endpoint configuration, counted until they are published.

    `busy` answers how many requests each instance works on. Made in the account and region that it publishes in.
    """

    def __init__(
        self, endpoint: str, variant: str, configuration: Mapping[str, Any], busy: Callable[[], Sequence[int]]
    ) -> None:
        self._frequency = frequency_of(configuration)
        self._busy = busy
        plain = {"EndpointName": endpoint, "VariantName": variant}
        self._dimensions = (plain, {**plain, "EndpointConfigName": str(configuration["EndpointConfigName"])})
        self._values: defaultdict[_Period, Counter[float]] = defaultdict(Counter)
        self._lock = threading.Lock()
        self._publish = hooks.in_request_scope(hooks.put_metrics)

    def start(self) -> None:
        """Publish from now on."""
        publish_regularly(self)

    def close(self) -> None:
        """Publish what is left, and nothing after it."""
        publish_no_more(self)
        self.publish(float("inf"))

    def count(self, status: int, *, model_seconds: float | None, overhead_seconds: float) -> None:
        """Count one invocation: `status` is the model's answer, 0 where there was none.

        `model_seconds` is None where the request did not reach the model.
        """
        is_success = 200 <= status < 300
        values = {
            "Invocations": 1.0,
            _PER_INSTANCE: 1.0 / max(1, len(self._busy())),
            "Invocation4XXErrors": float(400 <= status < 500),
            "Invocation5XXErrors": float(not is_success and not 400 <= status < 500),
            "InvocationModelErrors": float(not is_success),
            "OverheadLatency": _microseconds(overhead_seconds),
        }
        if model_seconds is not None:
            values["ModelLatency"] = _microseconds(model_seconds)
        period = time.time() // self._frequency * self._frequency
        with self._lock:
            for name, value in values.items():
                self._values[period, name][value] += 1

    def sample(self, now: float) -> None:
        """Note how many requests each instance works on, and that the period may end without an invocation.

        Without traffic SageMaker publishes zeros, so that scaling goes down to the minimum ("Edit a scaling policy").
        """
        length = high_resolution()
        period = now // length * length
        with self._lock:
            idle = (now // self._frequency * self._frequency, _PER_INSTANCE)
            self._values.setdefault(idle, Counter({0.0: 1}))
            for busy in self._busy():
                self._values[period, _CONCURRENCY][float(busy)] += 1

    def publish(self, now: float) -> None:
        """Publish the periods that have ended."""
        with self._lock:
            ended = [key for key in self._values if key[0] + self._length(key[1]) <= now]
            taken = {key: self._values.pop(key) for key in ended}
        data = [
            Datum(name, dimensions, period, dict(values), _UNITS.get(name, "None"))
            for (period, name), values in taken.items()
            for dimensions in self._dimensions
        ]
        if data:
            self._publish(NAMESPACE, data)

    def _length(self, name: str) -> float:
        return high_resolution() if name == _CONCURRENCY else self._frequency


def high_resolution() -> float:
    """Return the period of the metric of concurrent requests, in seconds."""
    return timing().shortened(timing().high_resolution_seconds)


def _microseconds(seconds: float) -> float:
    return float(f"{max(seconds, 0.0) * 1e6:.{_DIGITS}g}")


class Source(Protocol):
    """What has metrics to publish: both are called in the publisher's thread, with the time in epoch seconds."""

    def publish(self, now: float) -> None:
        """Publish the periods that have ended."""

    def sample(self, now: float) -> None:
        """Note the present state."""


class _Publisher:
    """One thread for all meters: it samples them and publishes what has ended. It runs while there is a meter."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._meters: list[Source] = []
        self._thread: threading.Thread | None = None

    def add(self, meter: Source) -> None:
        with self._changed:
            self._meters.append(meter)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="endpoint-metrics", daemon=True)
                self._thread.start()

    def remove(self, meter: Source) -> None:
        with self._changed:
            if meter in self._meters:
                self._meters.remove(meter)
            self._changed.notify()

    def _run(self) -> None:
        interval = high_resolution() / _SAMPLES_PER_PERIOD
        while True:
            with self._changed:
                if not self._meters:
                    self._thread = None
                    return
                # Aligned to the clock, so that a period is published as soon as it has ended.
                self._changed.wait(interval - time.time() % interval)
                meters = list(self._meters)
            now = time.time()
            for meter in meters:
                self._visit(meter, now)

    def _visit(self, meter: Source, now: float) -> None:
        try:
            meter.publish(now)
            meter.sample(now)
        except Exception:  # a fault of ours with one meter must not end the metrics of the others
            _LOG.exception("metrics of %s", meter)


_publisher = _Publisher()


def publish_regularly(source: Source) -> None:
    """Sample a source and publish what it has, until it is taken away."""
    _publisher.add(source)


def publish_no_more(source: Source) -> None:
    """Leave a source alone."""
    _publisher.remove(source)
