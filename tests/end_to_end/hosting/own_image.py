"""What runs in the place of an image of one's own, under the container contract: `… own_image NAME`.

Notes a request and answers it with `through: NAME` added.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.end_to_end.hosting.inference import note


class Handler(BaseHTTPRequestHandler):
    """GET /ping and POST /invocations."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Healthy as soon as it answers."""
        self._send(b"")

    def do_POST(self) -> None:
        """A JSON object in, a JSON object out."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        note(sys.argv[1], request)
        self._send(json.dumps({**request, "through": sys.argv[1]}).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
