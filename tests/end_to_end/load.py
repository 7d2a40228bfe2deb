"""Callers: `python -m tests.end_to_end.load --endpoint reviews --rate 30 --out FILE`, a process of its own.

Sends requests at a fixed rate whatever comes back (an open loop: slow answers do not slow the callers down), asks
nothing twice, and writes one JSON line for each answer, `{at, status, variant, package, seconds, retry_after}`. Ends
when its standard input is closed, with one line for each request. `at` is seconds since the epoch; status 0: no answer
at all.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TextIO

from urllib3.exceptions import HTTPError

from config import load_environment
from ops.api import Api
from ops.session import Environment

BODY = json.dumps({"instances": [{"text": "Lovely dress, fits well and feels soft"}]}).encode()
CALLERS = 16


class Callers:
    """Sends to one endpoint until it is told to end."""

    def __init__(self, api: Api, path: str, out: TextIO) -> None:
        self._api, self._path, self._out = api, path, out
        self._writing = threading.Lock()

    def call(self, rate: float, ended: threading.Event) -> None:
        """`rate` requests a second, each at its own moment, until the event."""
        with ThreadPoolExecutor(CALLERS) as pool:
            for moment in _moments(rate):
                if ended.wait(max(0.0, moment - time.monotonic())):
                    return
                pool.submit(self._one)

    def _one(self) -> None:
        begun, at = time.monotonic(), time.time()
        try:
            response = self._api.request("POST", self._path, BODY)
            status, content, retry = response.status, response.data, response.headers.get("Retry-After")
        except HTTPError as error:
            status, content, retry = 0, json.dumps({"detail": str(error)}).encode(), None
        answer: dict[str, Any] = json.loads(content)
        line = {
            "at": at,
            "status": status,
            "variant": answer.get("variant"),
            "package": answer.get("model_package"),
            "seconds": time.monotonic() - begun,
            "retry_after": retry,
            "detail": None if status == 200 else answer,
        }
        with self._writing:
            print(json.dumps(line), file=self._out, flush=True)


def _moments(rate: float) -> Iterator[float]:
    moment = time.monotonic()
    while True:
        moment += 1 / rate
        yield moment


def main() -> None:
    """Call until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--environment", default="local")
    parser.add_argument("--rate", type=float, required=True, help="requests a second")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    environment = Environment(load_environment(given.environment))
    path = f"/endpoints/{given.endpoint}/predictions"
    ended = threading.Event()
    with given.out.open("w", encoding="utf-8") as out:
        callers = Callers(Api(environment), path, out)
        calling = threading.Thread(target=callers.call, args=(given.rate, ended))
        calling.start()
        sys.stdin.read()
        ended.set()
        calling.join()


if __name__ == "__main__":
    main()
