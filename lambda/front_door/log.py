"""The log: one line of JSON a request, and nothing of any body.

With a metrics namespace the line is CloudWatch's embedded metric format too, so that CloudWatch makes metrics of it:
`latency_ms` (the model's), `overhead_ms` (all the rest) and `errors`, by endpoint and by endpoint and variant.
"""

import json
import logging
import time
from dataclasses import dataclass, field
from typing import Any

LOGGER = logging.getLogger("front_door")
METRICS = [
    {"Name": "latency_ms", "Unit": "Milliseconds"},
    {"Name": "overhead_ms", "Unit": "Milliseconds"},
    {"Name": "errors", "Unit": "Count"},
]


class _JsonLines(logging.Handler):
    """Prints each record as one line of JSON. Lambda's own handler would put text before it."""

    def emit(self, record: logging.LogRecord) -> None:
        entry = {"level": record.levelname, "message": record.getMessage(), **record.__dict__.get("fields", {})}
        if record.exc_info:
            entry["traceback"] = logging.Formatter().formatException(record.exc_info)
        print(json.dumps(entry), flush=True)


def start(level: str) -> None:
    """Set the logger up, in place of whatever was there."""
    LOGGER.handlers = [_JsonLines()]
    LOGGER.propagate = False
    LOGGER.setLevel(level)


@dataclass(slots=True)
class RequestLine:
    """What is known of a request so far; written once, when its status is known."""

    request_id: str
    namespace: str | None = None
    """CloudWatch's, for metrics; None: none are written."""
    client: str | None = None
    route: str | None = None
    endpoint: str | None = None
    """Only one that exists: metrics have it as a dimension."""
    instances: int | None = None
    variant: str | None = None
    latency_ms: float = 0.0
    """The time that the model's calls took."""
    _started: float = field(default_factory=time.perf_counter)

    def called(self, seconds: float) -> None:
        """A call of the model took so long."""
        self.latency_ms += seconds * 1000

    def write(self, status: int, fault: BaseException | None = None) -> None:
        """Write the line; `fault` adds its traceback, which is for a server's fault and not for a caller's."""
        elapsed_ms = (time.perf_counter() - self._started) * 1000
        fields: dict[str, Any] = {
            "request_id": self.request_id,
            "client": self.client,
            "route": self.route,
            "endpoint": self.endpoint,
            "variant": self.variant,
            "instances": self.instances,
            "status": status,
            "latency_ms": round(self.latency_ms, 2),
            "overhead_ms": round(elapsed_ms - self.latency_ms, 2),
            "errors": int(status >= 500),
        }
        if self.namespace and self.endpoint:
            fields["_aws"] = self._metrics(self.namespace)
        level = logging.ERROR if fault else logging.INFO
        LOGGER.log(level, "request", exc_info=fault, extra={"fields": fields})

    def _metrics(self, namespace: str) -> dict[str, Any]:
        """The specification's metadata. A request that reached no model has no latency to count."""
        dimensions = [["endpoint"], *([["endpoint", "variant"]] if self.variant else [])]
        metrics = METRICS if self.latency_ms else METRICS[1:]
        directive = {"Namespace": namespace, "Dimensions": dimensions, "Metrics": metrics}
        return {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": [directive]}
