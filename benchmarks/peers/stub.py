"""`python stub.py`: SageMaker's runtime on loopback, which answers at once; prints its port, ends with its input.

One thread a connection; the answer to a body is made once, so that this process takes little of the machine.
"""

from __future__ import annotations

import json
import socket
import sys
import threading

PREDICTION = {"label": 1, "probabilities": {"-1": 0.0312, "0": 0.0721, "1": 0.8967}}
PACKAGE = "ashlar-dev-reviews-linear/3"
_answers: dict[bytes, bytes] = {}


def answer(body: bytes) -> bytes:
    """What the model behind `{"instances": [...]}` says, with the headers of InvokeEndpoint."""
    if body not in _answers:
        predictions = [PREDICTION] * len(json.loads(body)["instances"])
        content = json.dumps({"predictions": predictions, "model_package": PACKAGE}).encode()
        headers = [
            "HTTP/1.1 200 OK",
            "x-amzn-RequestId: 6b1f0f0e-0000-4000-8000-000000000000",
            "x-Amzn-Invoked-Production-Variant: linear",
            "Content-Type: application/json",
            f"Content-Length: {len(content)}",
        ]
        _answers[body] = "\r\n".join([*headers, "", ""]).encode() + content
    return _answers[body]


def serve(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    received = b""
    while True:
        while b"\r\n\r\n" not in received:
            if not (more := connection.recv(65536)):
                return
            received += more
        head, _, received = received.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0])
        if b"100-continue" in head:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while len(received) < length:
            received += connection.recv(65536)
        connection.sendall(answer(received[:length]))
        received = received[length:]


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
    sys.stdin.read()


def accept(listener: socket.socket) -> None:
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


if __name__ == "__main__":
    main()
