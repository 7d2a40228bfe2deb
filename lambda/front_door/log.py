"""The log: one line of JSON a request, and nothing of any body."""

import json
import logging
import time
from dataclasses import asdict, dataclass, field

LOGGER = logging.getLogger("front_door")


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
    endpoint: str | None = None
    instances: int | None = None
    variant: str | None = None
    _started: float = field(default_factory=time.perf_counter)

    def write(self, status: int, fault: BaseException | None = None) -> None:
        """Write the line; `fault` adds its traceback, which is for a server's fault and not for a caller's."""
        fields = asdict(self)
        fields["milliseconds"] = round((time.perf_counter() - fields.pop("_started")) * 1000, 1)
        level = logging.ERROR if fault else logging.INFO
        LOGGER.log(level, "request", exc_info=fault, extra={"fields": {**fields, "status": status}})
