"""The output of jobs and endpoints, line by line, in CloudWatch Logs while they run."""

import logging
import threading
import time
from typing import Any

from botocore.exceptions import ClientError

_LOG = logging.getLogger(__name__)
_LINES_PER_CALL = 5_000
_LONGEST_LINE = 8_000
_LINES_KEPT = 10_000


class LogStream:
    """One stream. Lines written while a call is under way go together in the next one, so nothing waits for a timer.

    The calls are made with the role of the job or model, as in AWS: a role that may not write logs leaves none.
    """

    def __init__(self, client: Any, group: str, stream: str) -> None:
        self.group = group
        self.stream = stream
        self._client = client
        self._changed = threading.Condition()
        self._waiting: list[dict[str, Any]] = []
        self._lines: list[str] = []
        self._closed = False
        self._writer = threading.Thread(target=self._write_until_closed, name=f"logs-{stream}", daemon=True)
        self._writer.start()

    def write(self, line: str) -> None:
        """Add a line."""
        with self._changed:
            if len(self._lines) > 2 * _LINES_KEPT:
                del self._lines[:_LINES_KEPT]
            self._lines.append(line)
            if line.strip() and self._writer.is_alive():
                event = {"timestamp": int(time.time() * 1000), "message": line[:_LONGEST_LINE]}
                self._waiting.append(event)
                self._changed.notify()

    def lines(self) -> list[str]:
        """Return what was written, the last ten thousand lines at least."""
        with self._changed:
            return list(self._lines)

    def tail(self, count: int) -> str:
        """Return the last lines as one text."""
        return "\n".join(line for line in self.lines()[-4 * count :] if line.strip())[-150 * count :]

    def close(self) -> None:
        """Write what is left and end."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._writer.join()
        self._client = None  # a client weighs some megabytes, and who wrote the log stays findable

    def _write_until_closed(self) -> None:
        try:
            self._create()
            while batch := self._next_batch():
                self._client.put_log_events(logGroupName=self.group, logStreamName=self.stream, logEvents=batch)
        except Exception as error:  # the job goes on without its log, as it does in AWS
            _LOG.warning("No log for %s %s: %s", self.group, self.stream, error)

    def _next_batch(self) -> list[dict[str, Any]]:
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            batch, self._waiting = self._waiting[:_LINES_PER_CALL], self._waiting[_LINES_PER_CALL:]
            return batch

    def _create(self) -> None:
        for make, names in (
            (self._client.create_log_group, {"logGroupName": self.group}),
            (self._client.create_log_stream, {"logGroupName": self.group, "logStreamName": self.stream}),
        ):
            try:
                make(**names)
            except ClientError as error:
                if error.response["Error"]["Code"] not in ("ResourceAlreadyExistsException", "AccessDeniedException"):
                    raise
