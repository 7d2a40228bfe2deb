"""Calls SageMaker's InvokeEndpointAsync: an endpoint's queue takes a request that lies in S3.

Source: API reference of the runtime, InvokeEndpointAsync. SageMaker names the files of its answers as it likes.
"""

from __future__ import annotations

from front_door.endpoint_client import failure
from front_door.signed_client import Reply, SignedClient, retried

QUEUE_SECONDS = 6 * 3600
"""How long a request may wait, and how long the model may work on it: the most that SageMaker allows."""
WORK_SECONDS = 3600
_PREFIX = "X-Amzn-SageMaker-"


def enqueue(
    client: SignedClient,
    runtime: str,
    hosted: str,
    *,
    location: str,
    content_type: str,
    accept: str,
    id: str,
    deadline: float,
) -> tuple[str, str | None]:
    """Ask for an answer to what lies at the `s3://` address `location`; `runtime` is the URL of SageMaker's runtime.

    Returns the addresses of the answer and of what went wrong; the latter where the endpoint keeps failures.
    Raises CallError, CallRefusedError.
    """
    asked = {"InputLocation": location, "Content-Type": content_type, "Accept": accept, "Inference-Id": id}
    limits = {"RequestTTLSeconds": str(QUEUE_SECONDS), "InvocationTimeoutSeconds": str(WORK_SECONDS)}
    headers = {f"{_PREFIX}{name}": value for name, value in {**asked, **limits}.items()}

    def call() -> Reply:
        url = f"{runtime}/endpoints/{hosted}/async-invocations"
        reply = client.send("sagemaker", "POST", url, headers=headers, deadline=deadline)
        if reply.status != 202:
            raise failure(reply)
        return reply

    found = retried(call, deadline).headers
    return found[f"{_PREFIX}OutputLocation"], found.get(f"{_PREFIX}FailureLocation")
