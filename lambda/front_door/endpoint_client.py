"""InvokeEndpoint: the request's bytes to a hosted model, its own bytes back."""

import time
from dataclasses import dataclass
from typing import Any

from front_door import strict_json
from front_door.call_errors import (
    CallRefusedError,
    ModelFailedError,
    NoModelYetError,
    ThrottledError,
    UnavailableError,
    VariantNotServedError,
)
from front_door.log import RequestLine
from front_door.signed_client import Reply, SignedClient, retried


@dataclass(frozen=True, slots=True)
class Answer:
    """What the endpoint answered: the variant that did, and the model's own bytes with their media type."""

    variant: str
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Invocation:
    """One request to a SageMaker endpoint.

    Captured data names the answer by `inference_id`, and so does whoever says later what was right.
    """

    hosted: str
    body: bytes
    content_type: str
    accept: str
    inference_id: str
    variant: str | None = None
    """The variant that shall answer; None: one by their weights."""

    @property
    def headers(self) -> dict[str, str]:
        """As the service's API names them."""
        return {
            "Content-Type": self.content_type,
            "Accept": self.accept,
            "X-Amzn-SageMaker-Inference-Id": self.inference_id,
            **({"X-Amzn-SageMaker-Target-Variant": self.variant} if self.variant else {}),
        }


def invoke(client: SignedClient, url: str, invocation: Invocation, *, deadline: float, line: RequestLine) -> Answer:
    """`url`: SageMaker's runtime; `deadline` is in seconds of time.monotonic().

    Retries at most twice, and only where the model cannot have run: no connection, or throttled.
    Raises CallError, CallRefusedError.
    """

    def call() -> Answer:
        started = time.perf_counter()
        try:
            reply = client.send(
                "sagemaker",
                "POST",
                f"{url}/endpoints/{invocation.hosted}/invocations",
                headers=invocation.headers,
                body=invocation.body,
                deadline=deadline,
            )
        finally:
            line.called(time.perf_counter() - started)
        return _answer(reply)

    return retried(call, deadline)


def _answer(reply: Reply) -> Answer:
    if reply.status != 200:
        raise failure(reply)
    return Answer(
        reply.headers.get("x-amzn-invoked-production-variant", ""),
        reply.body,
        reply.headers.get("content-type", "application/octet-stream"),
    )


def failure(reply: Reply) -> Exception:
    """The exception for an error response. The type is `Name:url` in the header, `namespace#Name` in the body."""
    document = _document(reply.body)
    name = (reply.headers.get("x-amzn-errortype", "") or str(document.get("__type", ""))).partition(":")[0]
    name = name.rpartition("#")[2]
    message = str(document.get("message") or document.get("Message") or "")
    if name == "ValidationError" and message.startswith("Endpoint ") and "not found" in message:
        return NoModelYetError(message)
    if name == "ValidationError" and message.startswith("Variant ") and "not found" in message:
        return VariantNotServedError(message)
    if name == "ModelError":
        # The message quotes the model's, which may quote the caller's data: not even for the log.
        said = f"the container answered {document.get('OriginalStatusCode')}"
        return ModelFailedError(said, str(document.get("OriginalMessage") or ""))
    if name == "ThrottlingException" or (reply.status == 429 and name != "ModelNotReadyException"):
        return ThrottledError(message)
    if reply.status == 429 or reply.status >= 500:
        return UnavailableError(f"{reply.status} {name}: {message}")
    return CallRefusedError(f"{reply.status} {name}: {message}")


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = strict_json.loads(body)
    except strict_json.InvalidJsonError:
        return {}
    return document if isinstance(document, dict) else {}
