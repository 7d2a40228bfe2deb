"""The answer that CloudFormation waits for: sent once, whoever is first to know it."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

import urllib3

# Of each try, from the first byte of its connection to the last of its answer.
TRY_SECONDS = 10.0
RETRIES = 1
LONGEST_SECONDS = (1 + RETRIES) * TRY_SECONDS
REASON_LIMIT = 1000  # an answer has at most 4096 bytes


class Answer:
    """To one request. `https`: a pool of urllib3's. Two threads may know an answer: the work's and the watch's."""

    def __init__(self, https: Any, event: Mapping[str, Any], physical_id: str) -> None:
        self._https = https
        self._event = event
        self._physical_id = physical_id
        self._lock = threading.Lock()
        self._sent = False

    def success(self) -> None:
        """Say that it is done."""
        self._send({"Status": "SUCCESS"})

    def failure(self, reason: str) -> None:
        """Say that it failed, and why: CloudFormation shows the reason in the stack's events."""
        self._send({"Status": "FAILED", "Reason": reason[:REASON_LIMIT]})

    def _send(self, outcome: Mapping[str, str]) -> None:
        with self._lock:
            if self._sent:
                return
            echoed = {key: self._event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
            body = json.dumps({**outcome, **echoed, "PhysicalResourceId": self._physical_id}).encode()
            # Without a content type: CloudFormation signed the address for a request that has none.
            limits = {"timeout": urllib3.Timeout(total=TRY_SECONDS), "retries": RETRIES}
            response = self._https.request("PUT", self._event["ResponseURL"], body=body, **limits)
            if response.status != 200:
                raise RuntimeError(
                    f"CloudFormation's address refused the answer: {response.status} {response.data[:300]!r}"
                )
            self._sent = True
