"""Calls SageMaker's InvokeEndpoint: botocore's signature, urllib3's connection, one deadline for everything.

boto3's client would spend twice the CPU of this a call and twice the start-up.
"""

import random
import time
from dataclasses import dataclass
from typing import Any

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import EnvProvider
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError

from front_door import strict_json
from front_door.settings import SettingsError

CONNECT_SECONDS = 3.0
RETRY_PAUSES = (0.1, 0.4)
"""Seconds; the longest pause before each of the two retries. The real one is drawn from zero to it."""
IDLE_SECONDS = 30.0
"""A connection unused for longer is not trusted: the far end may have dropped it while Lambda was frozen."""


class EndpointError(Exception):
    """The call failed for a reason the caller of the API should know.

    EndpointError
    ├── NoModelYetError       the endpoint does not exist: it appears with the first approved model
    ├── ThrottledError        SageMaker throttles us; nothing ran
    ├── ModelFailedError      the model's container failed
    ├── DeadlinePassedError   no answer in time
    └── UnavailableError      no capacity, no connection, or the connection broke
        └── NotConnectedError     it broke before the request was sent
    """


class NoModelYetError(EndpointError): ...


class ThrottledError(EndpointError): ...


class ModelFailedError(EndpointError): ...


class DeadlinePassedError(EndpointError): ...


class UnavailableError(EndpointError): ...


class NotConnectedError(UnavailableError): ...


class CallRefusedError(Exception):
    """SageMaker refuses the call itself (access denied, bad signature): our fault, so no EndpointError."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the endpoint answered: the variant that did, and the model's own bytes."""

    variant: str
    body: bytes


class EndpointClient:
    """InvokeEndpoint with the function's own role. Keeps one connection across calls."""

    def __init__(self, *, url: str, region: str, ca_bundle: str | None) -> None:
        """Raises SettingsError without credentials in the environment.

        They are read once: Lambda replaces the process, never its credentials.
        """
        credentials = EnvProvider().load()
        if credentials is None:
            raise SettingsError("AWS_ACCESS_KEY_ID", "is not set", "The Lambda runtime sets it from the role.")
        self._signer = SigV4Auth(credentials, "sagemaker", region)
        self._url = url
        # urllib3 1.26, in the older runtimes, verifies nothing unless told to.
        self._pool = urllib3.PoolManager(maxsize=1, cert_reqs="CERT_REQUIRED", ca_certs=ca_bundle)
        self._used_at = time.time()

    def invoke(self, endpoint_name: str, body: bytes, *, inference_id: str, deadline: float) -> Answer:
        """Send `body` (JSON) to the endpoint as it is; `deadline` is in seconds of time.monotonic().

        Captured data names the answer by `inference_id`, and so does whoever says later what was right.
        Retries at most twice, and only where the model cannot have run: no connection, or throttled.
        Raises EndpointError, CallRefusedError.
        """
        request = self._signed(endpoint_name, body, inference_id)
        for longest_pause in RETRY_PAUSES:
            try:
                return self._send(request, deadline)
            except (NotConnectedError, ThrottledError):
                pause = random.uniform(0, longest_pause)  # noqa: S311  # nosec B311 # jitter and repeatable samples, nothing secret
                if time.monotonic() + pause >= deadline:
                    raise
            time.sleep(pause)
        return self._send(request, deadline)

    def _signed(self, endpoint_name: str, body: bytes, inference_id: str) -> Any:
        request = AWSRequest(
            method="POST",
            url=f"{self._url}/endpoints/{endpoint_name}/invocations",
            data=body,
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                "X-Amzn-SageMaker-Inference-Id": inference_id,
            },
        )
        self._signer.add_auth(request)
        return request

    def _send(self, request: Any, deadline: float) -> Answer:
        left = deadline - time.monotonic()
        if left <= 0:
            raise DeadlinePassedError("no time was left to call")
        self._drop_idle_connection()
        try:
            response = self._pool.request(
                "POST",
                request.url,
                body=request.data,
                headers=dict(request.headers.items()),
                timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, left), total=left),
                retries=False,
                redirect=False,
            )
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise NotConnectedError("SageMaker's runtime cannot be reached") from error
        except ReadTimeoutError as error:
            raise DeadlinePassedError(f"no answer within {left:.1f} s") from error
        except HTTPError as error:
            raise UnavailableError("the connection to SageMaker's runtime broke") from error
        if response.status != 200:
            raise _failure(response.status, response.headers.get("x-amzn-errortype", ""), response.data)
        return Answer(response.headers.get("x-amzn-invoked-production-variant", ""), response.data)

    def _drop_idle_connection(self) -> None:
        # Wall-clock time: the monotonic clock need not run while Lambda is frozen.
        now = time.time()
        if now - self._used_at > IDLE_SECONDS:
            self._pool.clear()
        self._used_at = now


def _failure(status: int, header_type: str, body: bytes) -> Exception:
    """The exception for an error response. The type is `Name:url` in the header, `namespace#Name` in the body."""
    try:
        document = strict_json.loads(body)
    except strict_json.InvalidJsonError:
        document = None
    document = document if isinstance(document, dict) else {}
    name = (header_type or str(document.get("__type", ""))).partition(":")[0].rpartition("#")[2]
    message = str(document.get("message") or document.get("Message") or "")
    if name == "ValidationError" and message.startswith("Endpoint ") and "not found" in message:
        return NoModelYetError(message)
    if name == "ModelError":
        # The message quotes the model's, which may quote the caller's data: not even for the log.
        return ModelFailedError(f"the container answered {document.get('OriginalStatusCode')}")
    if name == "ThrottlingException" or (status == 429 and name != "ModelNotReadyException"):
        return ThrottledError(message)
    if status == 429 or status >= 500:
        return UnavailableError(f"{status} {name}: {message}")
    return CallRefusedError(f"{status} {name}: {message}")
