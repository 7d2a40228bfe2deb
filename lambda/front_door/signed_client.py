"""Calls AWS: botocore's signature, urllib3's connections, one deadline for everything.

boto3's clients would spend twice the CPU of this a call and twice the start-up.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.parse import urlsplit

import urllib3
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError

from front_door.call_errors import DeadlinePassedError, NotConnectedError, ThrottledError, UnavailableError
from front_door.settings import Credentials

CONNECT_SECONDS = 3.0
RETRY_PAUSES = (0.1, 0.4)
"""Seconds; the longest pause before each of the two retries. The real one is drawn from zero to it."""
IDLE_SECONDS = 30.0
"""A connection unused for longer is not trusted: the far end may have dropped it while Lambda was frozen."""

CHUNK = 1024 * 1024

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer of AWS's, whatever its status. Header names are in any case: look them up as they come."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def retried(call: Callable[[], Result], deadline: float) -> Result:
    """`call`, at most twice more, and only where nothing can have run: no connection, or throttled.

    `deadline` is in seconds of time.monotonic().
    """
    for longest_pause in RETRY_PAUSES:
        try:
            return call()
        except (NotConnectedError, ThrottledError):
            pause = random.uniform(0, longest_pause)  # noqa: S311  # nosec B311 # jitter and repeatable samples, nothing secret
            if time.monotonic() + pause >= deadline:
                raise
        time.sleep(pause)
    return call()


class SignedClient:
    """Any AWS call with the function's own role. Keeps one connection to each host across calls."""

    def __init__(self, *, credentials: Credentials, region: str, ca_bundle: str | None) -> None:
        self._credentials = credentials
        self._region = region
        self._ca_bundle = ca_bundle
        self._signers: dict[str, Any] = {}
        self._pools: dict[str, Any] = {}
        self._used_at: dict[str, float] = {}

    def send(
        self,
        service: str,
        method: str,
        url: str,
        *,
        deadline: float,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Reply:
        """One signed request, once. `service` is the signature's: `sagemaker` (the runtime too) or `s3`.

        Raises NotConnectedError, DeadlinePassedError, UnavailableError.
        """
        request = AWSRequest(method=method, url=url, data=body, headers=dict(headers or {}))
        self._signer(service).add_auth(request)
        left = deadline - time.monotonic()
        if left <= 0:
            raise DeadlinePassedError("no time was left to call")
        parts = urlsplit(url)
        started = time.monotonic()
        try:
            response = self._pool(parts.scheme, parts.netloc).urlopen(
                method,
                f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/",
                body=body,
                headers=dict(request.headers.items()),
                timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, left), total=left),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            content = _content(response, method, deadline)
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise NotConnectedError(f"{parts.netloc} cannot be reached") from error
        except (ReadTimeoutError, TimeoutError) as error:
            raise DeadlinePassedError(f"no answer within {time.monotonic() - started:.1f} s") from error
        except (HTTPError, HTTPException, OSError) as error:
            raise UnavailableError(f"the connection to {parts.netloc} broke") from error
        return Reply(response.status, response.headers, content)

    def presigned(self, method: str, url: str, *, seconds: int, headers: Mapping[str, str] | None = None) -> str:
        """A link to S3 that works for `seconds` and asks for no credentials; `headers` must be sent with it."""
        from botocore.auth import S3SigV4QueryAuth  # here: jobs alone need it

        request = AWSRequest(method=method, url=url, headers=dict(headers or {}))
        S3SigV4QueryAuth(self._credentials, "s3", self._region, expires=seconds).add_auth(request)
        return str(request.url)

    def close(self) -> None:
        """End all connections."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()

    def _signer(self, service: str) -> Any:
        if service not in self._signers:
            kind = S3SigV4Auth if service == "s3" else SigV4Auth
            self._signers[service] = kind(self._credentials, service, self._region)
        return self._signers[service]

    def _pool(self, scheme: str, host: str) -> Any:
        base = f"{scheme}://{host}"
        # Wall-clock time: the monotonic clock need not run while Lambda is frozen.
        now = time.time()
        if base in self._pools and now - self._used_at[base] > IDLE_SECONDS:
            self._pools.pop(base).close()
        self._used_at[base] = now
        if base not in self._pools:
            # urllib3 1.26, in the older runtimes, verifies nothing unless told to.
            verified = {"cert_reqs": "CERT_REQUIRED", "ca_certs": self._ca_bundle} if scheme == "https" else {}
            self._pools[base] = urllib3.connection_from_url(base, maxsize=1, **verified)
        return self._pools[base]


def _content(response: Any, method: str, deadline: float) -> bytes:
    """The whole body, until `deadline`. A socket's timeout is for each read: bytes that drip would never reach it.

    Raises TimeoutError, HTTPError, HTTPException, OSError; the connection is closed then.
    """
    # urllib3 1.26 has no such method; http.client's response beneath it does.
    read = getattr(response, "read1", None) or response._fp.read1
    length = "0" if method == "HEAD" else response.headers.get("content-length")
    missing, parts = int(length) if length is not None else -1, []
    sock = getattr(response.connection, "sock", None)
    patience = sock.gettimeout() if sock is not None else None
    try:
        while missing:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if sock is not None:
                sock.settimeout(left)
            part = read(CHUNK)
            if not part:
                break
            parts.append(part)
            missing -= len(part)
        if missing > 0:
            raise HTTPException("the answer ended too early")
        response.read()  # nothing is left; the connection is told so
    except BaseException:
        response.close()
        raise
    if sock is not None and sock.fileno() >= 0:
        sock.settimeout(patience)  # what was left for this answer is not for the next request
    response.release_conn()
    return b"".join(parts)
