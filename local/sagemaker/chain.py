"""A request on its way through the containers of an instance: the answer of one is the request of the next."""

import time
from collections.abc import Mapping, Sequence

from local.sagemaker.connections import Response
from local.sagemaker.container_process import ContainerProcess

_CUSTOM_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
GONE = 502


class ContainerFailure(Exception):  # noqa: N818 - the answer of a container, which its caller gets
    """A container's answer that is no success; `status` 0 where it answered nothing in time."""

    def __init__(self, container: str, status: int, message: str) -> None:
        super().__init__(message)
        self.container = container
        self.status = status
        self.message = message

    def sentence(self, endpoint: str, account: str) -> str:
        """Return the failure as SageMaker tells it to the caller."""
        side = "client" if 400 <= self.status < 500 else "server"
        return (
            f'Received {side} error ({self.status}) from {self.container} with message "{self.message[:1000]}". See '
            f"/aws/sagemaker/Endpoints/{endpoint} in account {account} for more information."
        )


class Unreachable(ContainerFailure):
    """Nothing of the request has left: the first container's process takes no connection, because it ends."""


async def answer(
    processes: Sequence[ContainerProcess], headers: Mapping[str, str], body: bytes, seconds: float
) -> Response:
    """Return the last container's answer; ContainerFailure with the first that is none.

    What the caller accepts is asked of the last container only: those before it answer what the next one takes, by
    default JSON.
    """
    deadline = time.monotonic() + seconds
    accept = {name: value for name, value in headers.items() if name == "accept"}
    given = {name: value for name, value in headers.items() if name != "accept"}
    response = Response(200, given, body)
    for process in processes:
        last = accept if process is processes[-1] else {}
        passed = {**_passed_on(response), **last}
        try:
            response = await _ask(process, passed, response.body, deadline - time.monotonic())
        except Unreachable as gone:
            if process is processes[0]:
                raise
            raise ContainerFailure(gone.container, gone.status, gone.message) from gone
    return response


def _passed_on(response: Response) -> dict[str, str]:
    return {name: response.headers[name] for name in ("content-type", _CUSTOM_ATTRIBUTES) if name in response.headers}


async def _ask(process: ContainerProcess, headers: Mapping[str, str], body: bytes, seconds: float) -> Response:
    try:
        response = await process.connections.post("/invocations", headers, body, seconds)
    except TimeoutError as error:
        message = f"Your invocation timed out while waiting for a response from container {process.name}."
        raise ContainerFailure(process.name, 0, message) from error
    except ConnectionRefusedError as error:
        raise Unreachable(process.name, GONE, f"The model server ended: {error}") from error
    except OSError as error:
        process.log.write(f"The model server does not answer: {error}")
        raise ContainerFailure(process.name, GONE, f"The model server ended: {error}") from error
    if response.status >= 400:
        raise ContainerFailure(process.name, response.status, response.body.decode(errors="replace"))
    return response
