"""Call a deployed API: predictions, endpoints, jobs. It needs boto3 only; copy it into your application.

python client.py https://<api id>.execute-api.<region>.amazonaws.com/v1 reviews "Fits well, lovely fabric."
"""

import json
import random
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

import boto3
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

ATTEMPTS, TIMEOUT, LONGEST_WAIT = 5, 30.0, 60  # the last two in seconds; an answer takes at most 29
UPLOAD_FROM = 4_000_000  # bytes; 4.5 MB are too many for the API itself
Reply = urllib3.BaseHTTPResponse
Authorize = Callable[[AWSRequest], None]  # adds to a request what proves who sends it


class Answer(TypedDict):
    """Of a prediction request: one prediction for each instance, in their order, as the model declares them."""

    predictions: list[dict[str, Any]]
    variant: str
    model_package: str


class ProblemError(Exception):
    """The API's refusal (RFC 9457). `name` is the last part of its type; `pointer` says where in the body."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status, self.detail = status, str(document.get("detail", ""))
        self.name = str(document.get("type", "about:blank")).rsplit(":", 1)[-1]
        self.pointer, self.request_id = document.get("pointer"), document.get("request_id")
        super().__init__(f"{status} {self.name} {self.pointer or ''}: {self.detail} (request {self.request_id})")


def signed(session: boto3.Session) -> Authorize:
    """front_door.auth: iam. The session is of a client's role; its credentials are renewed where it can."""

    def authorize(request: AWSRequest) -> None:
        credentials = session.get_credentials().get_frozen_credentials()
        SigV4Auth(credentials, "execute-api", session.region_name).add_auth(request)

    return authorize


def bearer(http: urllib3.PoolManager, token_url: str, client_id: str, secret: str) -> Authorize:
    """front_door.auth: cognito. Client credentials become an access token, kept until a minute before its end."""
    kept: tuple[float, str] = (0.0, "")

    def authorize(request: AWSRequest) -> None:
        nonlocal kept
        if time.monotonic() > kept[0]:
            fields, who = {"grant_type": "client_credentials"}, urllib3.make_headers(basic_auth=f"{client_id}:{secret}")
            reply = http.request("POST", token_url, fields=fields, headers=who, encode_multipart=False, timeout=TIMEOUT)
            given = _succeeded(reply).json()
            kept = time.monotonic() + given["expires_in"] - 60, given["access_token"]
        request.headers["Authorization"] = f"Bearer {kept[1]}"

    return authorize


def api_key(value: str) -> Authorize:
    """front_door.auth: api_key."""
    return lambda request: request.headers.__setitem__("x-api-key", value)


class Client:
    """Safe to use from several threads. `url`: with the stage, without a trailing slash."""

    def __init__(self, url: str, authorize: Authorize, http: urllib3.PoolManager | None = None) -> None:
        self._url, self._authorize = url, authorize
        self._http = http or urllib3.PoolManager(retries=False)

    def endpoints(self) -> list[dict[str, Any]]:
        """Those that you may call: name, mode, status, variants, and what requests must be."""
        return list(self._send("GET", "/endpoints", None, {}).json()["endpoints"])

    def predict(self, endpoint: str, instances: Sequence[Any], variant: str | None = None) -> Answer:
        """Raises ProblemError. `variant` only for clients that may choose."""
        headers = {"Content-Type": "application/json", **({"X-Target-Variant": variant} if variant else {})}
        body, path = json.dumps({"instances": instances}).encode(), f"/endpoints/{endpoint}/predictions"
        answer: Answer = self._send("POST", path, body, headers).json()
        return answer

    def start_job(self, endpoint: str, body: bytes, content_type: str, key: str | None = None) -> str:
        """The job's id. The same `key` gives the same job, but where the body has to be uploaded."""
        at, path = f"/endpoints/{endpoint}", "jobs"
        if len(body) >= UPLOAD_FROM:
            asked = json.dumps({"content_type": content_type, "bytes": len(body)}).encode()
            to = self._send("POST", f"{at}/uploads", asked, {"Content-Type": "application/json"}).json()
            self._storage(to["method"], to["url"], body, to["headers"])
            path, body = f"jobs?upload={to['id']}", b""
        headers = {"Idempotency-Key": key or str(uuid.uuid4()), "Content-Type": content_type}
        return str(self._send("POST", f"{at}/{path}", body, headers).json()["id"])

    def result(self, job: str, seconds: float = 3600) -> bytes:
        """What the job answered, as soon as it has. Raises ProblemError where it failed, TimeoutError."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            reply = self._send("GET", f"/jobs/{job}", None, {})
            its = reply.json()
            if its["status"] == "succeeded":
                return self._storage("GET", its["result"]["url"], None, {}).data
            if its["status"] == "failed":
                raise ProblemError(its["failure"]["status"], its["failure"])
            time.sleep(_asked(reply) or 1)
        raise TimeoutError(f"job {job} has no result after {seconds:g} s")

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        """A success. The API says by Retry-After what may be sent again, and when: it is then signed anew."""
        for attempt in range(1, ATTEMPTS + 1):
            request = AWSRequest(method, self._url + path, data=body, headers=headers)
            self._authorize(request)
            reply = self._http.request(method, request.url, body=body, headers=dict(request.headers), timeout=TIMEOUT)
            wait = _asked(reply)
            if reply.status < 400 or wait is None or wait > LONGEST_WAIT or attempt == ATTEMPTS:
                break
            # Longer each time, and never all callers at once.
            time.sleep(wait + random.uniform(0, 2**attempt / 4))  # noqa: S311  # nosec B311 # jitter and repeatable samples, nothing secret
        return _succeeded(reply)

    def _storage(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        """A presigned link: it needs no other credentials, and must get none."""
        return _succeeded(self._http.request(method, url, body=body, headers=headers, timeout=TIMEOUT))


def _asked(reply: Reply) -> int | None:
    seconds = reply.headers.get("Retry-After", "")
    return int(seconds) if seconds.isdecimal() else None


def _succeeded(reply: Reply) -> Reply:
    if reply.status < 400:
        return reply
    is_problem = reply.headers.get("Content-Type", "").startswith("application/problem+json")
    raise ProblemError(
        reply.status, reply.json() if is_problem else {"detail": reply.data[:500].decode("utf-8", "replace")}
    )


if __name__ == "__main__":
    client = Client(sys.argv[1], signed(boto3.Session()))
    print(json.dumps(client.predict(sys.argv[2], [{"text": sys.argv[3]}]), indent=2))
