"""Objects of one S3 bucket: written under a condition, read, and lent to callers by links that expire.

The condition of a write is the only lock there is: S3 lets one of several writers through. Sources: S3 user guide,
conditional writes and presigned URLs; API reference, GetObject (a key that is not there, and s3:ListBucket).
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from front_door.call_errors import CallRefusedError, ThrottledError, UnavailableError
from front_door.signed_client import Reply, SignedClient, retried

LINK_SECONDS = 900
"""A link opens what it opens to whoever has it, so it does not last; the role's policy allows no older signature."""
_TAKEN = (409, 412)
"""Another writer was first: at the same moment, or before."""
_BUSY = (429, 503)


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it is. `modified` is an ISO 8601 time; `body` is empty where the object's head was asked for."""

    etag: str
    content_type: str
    size: int
    modified: str
    body: bytes


class ObjectStore:
    """The bucket `bucket`. `aws` is the address of S3, where a bucket has its own host; `url` that of a stand-in.

    What calls S3 does so until `deadline`, in seconds of time.monotonic(), and raises CallError, or CallRefusedError
    where S3 denies.
    """

    def __init__(self, client: SignedClient, *, bucket: str, aws: str, url: str | None, deadline: float) -> None:
        self.bucket = bucket
        self._client = client
        self._deadline = deadline
        self._base = f"{url}/{bucket}" if url else aws.replace("://", f"://{bucket}.", 1)

    def put(self, key: str, body: bytes, *, content_type: str, replaces: str | None = None) -> str | None:
        """Write the object in place of the version `replaces` (an ETag), or where none is; None where that has changed.

        Returns the new ETag. The bucket encrypts with its own key.
        """
        condition = {"If-Match": replaces} if replaces else {"If-None-Match": "*"}
        headers = {"Content-Type": content_type, **condition}
        reply = self._send("PUT", self._url(key), body=body, headers=headers)
        if reply.status in _TAKEN or (replaces and reply.status == 404):
            return None
        _expect_success(reply)
        return str(reply.headers["etag"])

    def get(self, key: str) -> Stored | None:
        """The object with its body; None where there is none."""
        return self._read("GET", key)

    def head(self, key: str) -> Stored | None:
        """The object without its body; None where there is none."""
        return self._read("HEAD", key)

    def link(self, method: str, key: str, headers: Mapping[str, str] | None = None) -> str:
        """A URL that lets whoever has it do this for LINK_SECONDS, and only with these headers."""
        return self._client.presigned(method, self._url(key), headers=dict(headers or {}), seconds=LINK_SECONDS)

    def key_of(self, location: str) -> str:
        """The key of an `s3://` address. Raises ValueError where it is not in this bucket."""
        key = location.removeprefix(f"s3://{self.bucket}/")
        if key == location or not key:
            raise ValueError(f"{location} is not in the bucket {self.bucket}")
        return key

    def _read(self, method: str, key: str) -> Stored | None:
        reply = self._send(method, self._url(key))
        if reply.status == 404 or (reply.status == 403 and not self._is_listed(key)):
            return None
        _expect_success(reply)
        headers = reply.headers
        modified = parsedate_to_datetime(headers["last-modified"]).isoformat().replace("+00:00", "Z")
        content_type, size = headers.get("content-type", ""), int(headers.get("content-length", 0))
        return Stored(headers["etag"], content_type, size, modified, reply.body)

    def _is_listed(self, key: str) -> bool:
        """Whether it is there. Who may list only below a prefix is denied what is not there, and told so here."""
        query = f"list-type=2&max-keys=1&prefix={quote(key, safe='-_.~')}"
        reply = self._send("GET", f"{self._url('')}?{query}")
        _expect_success(reply)
        return f"<Key>{html.escape(key, quote=False)}</Key>".encode() in reply.body

    def _url(self, key: str) -> str:
        return f"{self._base}/{quote(key, safe='/-_.~')}"

    def _send(self, method: str, url: str, **content: Any) -> Reply:
        def once() -> Reply:
            reply = self._client.send("s3", method, url, deadline=self._deadline, **content)
            if reply.status in _BUSY:
                raise ThrottledError(f"S3 answered {reply.status}")
            return reply

        return retried(once, self._deadline)


def _expect_success(reply: Reply) -> None:
    if reply.status >= 500:
        raise UnavailableError(f"S3 answered {reply.status}")
    if reply.status != 200:
        raise CallRefusedError(f"S3 answered {reply.status}: {reply.body[:200]!r}")
