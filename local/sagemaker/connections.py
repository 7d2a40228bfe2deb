"""HTTP/1.1 to the model servers: kept-alive connections on the event loop, because every prediction passes here.

The servers are our own, so this speaks only what they answer: a status, headers and a Content-Length.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Response:
    """A model server's answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ConnectionPool:
    """Connections to one port of this machine, used from one event loop."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, path: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Response:
        """Return the answer; TimeoutError after `seconds`, ConnectionError where the server is gone."""
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        request = f"POST {path} HTTP/1.1\r\nHost: model\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode("latin-1")
        self._loop = asyncio.get_running_loop()
        async with asyncio.timeout(seconds):
            reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
            try:
                writer.write(request + body)
                await writer.drain()
                response = await _read(reader)
            except BaseException:
                writer.close()
                raise
        self._idle.append((reader, writer))
        return response

    def close(self) -> None:
        """Close the connections that nobody uses, from any thread."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._close_idle)

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop()[1].close()


async def _read(reader: asyncio.StreamReader) -> Response:
    try:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError("the model server closed the connection") from error
    return Response(int(lines[0].split()[1]), headers, body)
