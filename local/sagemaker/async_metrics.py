"""What the queue of an asynchronous endpoint tells CloudWatch.

Source: "Monitor asynchronous endpoint" in SageMaker's developer guide. Times are in microseconds.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from local import hooks
from local.hooks import Datum
from local.sagemaker import endpoint_metrics
from local.sagemaker.timing import timing

_UNITS = {"ApproximateAgeOfOldestRequest": "Seconds", "TimeInBacklog": "Microseconds"}


@dataclass(frozen=True)
class Backlog:
    """The state of a queue: requests waiting or being processed, the oldest one's age, and the instances for them."""

    size: int
    oldest_seconds: float
    instances: int


class BacklogMeter:
    """The queue of one endpoint; `state` answers its present state from any thread."""

    def __init__(self, endpoint: str, state: Callable[[], Backlog]) -> None:
        self._endpoint = endpoint
        self._state = state
        self._length = timing().shortened(timing().period_seconds)
        self._values: dict[tuple[float, str, str | None], Counter[float]] = {}
        self._lock = threading.Lock()
        self._put = hooks.in_request_scope(hooks.put_metrics)

    def start(self) -> None:
        """Publish from now on."""
        endpoint_metrics.publish_regularly(self)

    def close(self) -> None:
        """Publish what is left, and nothing after it."""
        endpoint_metrics.publish_no_more(self)
        self.publish(float("inf"))

    def count(self, name: str, variant: str, value: float = 1.0) -> None:
        """Note one value of a variant's metric."""
        self._add({name: value}, variant, time.time())

    def sample(self, now: float) -> None:
        """Note the queue's present state."""
        state = self._state()
        values = {
            "ApproximateBacklogSize": float(state.size),
            # Without an instance the backlog counts as if there were one, so that it can be scaled by.
            "ApproximateBacklogSizePerInstance": state.size / max(1, state.instances),
            "ApproximateAgeOfOldestRequest": state.oldest_seconds,
            "HasBacklogWithoutCapacity": float(state.size > 0 and state.instances == 0),
        }
        self._add(values, None, now)

    def publish(self, now: float) -> None:
        """Publish the periods that have ended."""
        with self._lock:
            ended = [key for key in self._values if key[0] + self._length <= now]
            taken = {key: self._values.pop(key) for key in ended}
        data = [
            Datum(name, self._dimensions(variant), period, dict(values), _UNITS.get(name, "Count"))
            for (period, name, variant), values in taken.items()
        ]
        if data:
            self._put(endpoint_metrics.NAMESPACE, data)

    def _add(self, values: dict[str, float], variant: str | None, now: float) -> None:
        period = now // self._length * self._length
        with self._lock:
            for name, value in values.items():
                self._values.setdefault((period, name, variant), Counter())[value] += 1

    def _dimensions(self, variant: str | None) -> dict[str, str]:
        return {"EndpointName": self._endpoint, **({"VariantName": variant} if variant else {})}
