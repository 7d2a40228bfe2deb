"""One call to AWS, whatever the far end does with its connection."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from front_door.call_errors import DeadlinePassedError, UnavailableError
from front_door.settings import Credentials
from front_door.signed_client import Reply, SignedClient

from .door import CREDENTIALS, REGION

Behaviour = Callable[[socket.socket, threading.Event], None]


@contextmanager
def listening(behaviour: Behaviour) -> Iterator[str]:
    """A server that does this with each connection; its event is set when the test is over."""
    over = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(20)
                try:
                    behaviour(connection, over)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    finally:
        over.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(20)


@pytest.fixture
def client() -> Iterator[SignedClient]:
    found = SignedClient(credentials=Credentials(*CREDENTIALS.values()), region=REGION, ca_bundle=None)
    yield found
    found.close()


def sent(client: SignedClient, url: str, seconds: float = 20, method: str = "GET") -> Reply:
    return client.send("s3", method, url, deadline=time.monotonic() + seconds)


def answering(*parts: bytes, times: int = 1) -> Behaviour:
    def behaviour(connection: socket.socket, over: threading.Event) -> None:
        for _ in range(times):
            if not connection.recv(65536):
                return
            for part in parts:
                connection.sendall(part)

    return behaviour


def dripping(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not over.wait(0.05):
        connection.sendall(b"x")


def stalling(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
    over.wait(20)


@pytest.mark.parametrize("behaviour", [dripping, stalling])
def should_hold_the_deadline_for_the_whole_answer(client: SignedClient, behaviour: Behaviour) -> None:
    with listening(behaviour) as url:
        started = time.monotonic()
        with pytest.raises(DeadlinePassedError):
            sent(client, url, seconds=0.5)
        assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "answer",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", b"abc", b"def"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"3\r\ndef\r\n0\r\n\r\n"),
    ],
)
def should_read_the_whole_answer_and_keep_the_connection(client: SignedClient, answer: tuple[bytes, ...]) -> None:
    with listening(answering(*answer, times=3)) as url:
        assert [sent(client, url).body for _ in range(3)] == [b"abcdef"] * 3


def should_read_an_answer_that_ends_with_its_connection(client: SignedClient) -> None:
    with listening(answering(b"HTTP/1.1 200 OK\r\n\r\n", b"abc", b"def")) as url:
        assert [sent(client, url).body for _ in range(2)] == [b"abcdef"] * 2


def should_keep_the_connection_after_answers_without_a_body(client: SignedClient) -> None:
    head, empty = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n"
    with listening(answering(head, times=2)) as url:
        assert [sent(client, url, method="HEAD").body for _ in range(2)] == [b"", b""]
    with listening(answering(empty, times=2)) as url:
        assert [sent(client, url).status for _ in range(2)] == [204, 204]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc",
    ],
)
def should_not_take_half_an_answer_for_one(client: SignedClient, answer: bytes) -> None:
    with listening(answering(answer)) as url, pytest.raises(UnavailableError):
        sent(client, url)
