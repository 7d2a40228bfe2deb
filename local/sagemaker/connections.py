"""HTTP/1.1 to the containers: kept-alive connections on the event loop, because every prediction passes here.

Model servers of our own answer with a Content-Length and keep the connection; an image's own server may send chunks or
close the connection instead.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Response:
    """A container's answer; header names in lower case."""

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
            reader, writer = self._open_idle() or await asyncio.open_connection("127.0.0.1", self._port)
            try:
                writer.write(request + body)
                await writer.drain()
                response, is_kept = await _read(reader)
            except BaseException:
                writer.close()
                raise
        if is_kept:
            self._idle.append((reader, writer))
        else:
            writer.close()
        return response

    def close(self) -> None:
        """Close the connections that nobody uses, from any thread."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._close_idle)

    def _open_idle(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Return a connection that the server has not closed meanwhile."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop()[1].close()


async def _read(reader: asyncio.StreamReader) -> tuple[Response, bool]:
    """Return the answer, and whether the connection stays open for another request."""
    try:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
        version, status = lines[0].split()[:2]
        is_delimited = "content-length" in headers or "transfer-encoding" in headers
        body = await _body(reader, headers)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
        raise ConnectionResetError(f"the container closed the connection or spoke no HTTP: {error}") from error
    is_kept = is_delimited and version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    return Response(int(status), headers, body), is_kept


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _chunks(reader)
    length = headers.get("content-length")
    return await reader.read() if length is None else await reader.readexactly(int(length))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    chunks = []
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        chunks.append(await reader.readexactly(size))
        await reader.readexactly(len(b"\r\n"))
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass  # trailers
    return b"".join(chunks)
