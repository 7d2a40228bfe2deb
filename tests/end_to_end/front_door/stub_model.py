"""The model behind the API, under the container contract: answers at once, or does what the first review's text says.

`!status 500`, `!garbage`, `!close`, `!exit`, `!slow SECONDS`; anything else is a review.
"""

from __future__ import annotations

import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PREDICTION = {"label": 1, "probabilities": {"-1": 0.03, "0": 0.07, "1": 0.9}}


class Handler(BaseHTTPRequestHandler):
    """GET /ping and POST /invocations."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Healthy as soon as it answers."""
        self._send(200, b"")

    def do_POST(self) -> None:
        """One prediction for each instance."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told, _, more = _first(body).partition(" ")
        if told == "!close":
            self.close_connection = True
        elif told == "!exit":
            os._exit(1)
        elif told == "!garbage":
            self._send(200, b'{"predictions": [\xff')
        elif told == "!status":
            self._send(int(more), b'arn:aws:iam::123456789012:role/secret at File "model.py", line 1')
        else:
            time.sleep(float(more) if told == "!slow" else 0.0)
            self._send(200, json.dumps(_answer(body, self.headers["Content-Type"] or "")).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _first(body: bytes) -> str:
    """The text of the first instance of a JSON body."""
    try:
        return str(json.loads(body)["instances"][0]["text"])
    except (ValueError, LookupError, TypeError):
        return ""


def _answer(body: bytes, content_type: str) -> dict[str, object]:
    if content_type.partition(";")[0] == "application/json":
        count = len(json.loads(body)["instances"])
    else:
        count = sum(1 for line in body.splitlines() if line.strip())
    named = {"variant": os.environ["VARIANT"], "model_package": os.environ["PACKAGE"]}
    return {"predictions": [PREDICTION] * count, **named}


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
