"""Shadow tests: copies of requests go to a variant whose answers nobody gets."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping

from local.sagemaker import invocations
from local.sagemaker.chain import ContainerFailure
from local.sagemaker.endpoint import Endpoint

_LOG = logging.getLogger(__name__)
# A shadow that falls behind must not hold the bodies of all requests in memory.
MOST_IN_FLIGHT = 256
# The event loop keeps no task that nobody else keeps.
_copies: set[asyncio.Task[None]] = set()


def mirror(endpoint: Endpoint, headers: Mapping[str, str], body: bytes, seconds: float) -> None:
    """Send a copy of an answered request to the endpoint's shadow, if the request is one of the sample.

    The caller's answer does not wait for it: it goes off once the event loop comes to it. It is dropped, and that is
    logged, while MOST_IN_FLIGHT copies have no answer yet.
    """
    if len(_copies) >= MOST_IN_FLIGHT:
        _LOG.warning("a copy for the shadow of %s was dropped: %d have no answer yet", endpoint.name, len(_copies))
        return
    picked = endpoint.router.acquire_shadow()
    if picked is None:
        return
    variant, instance = picked

    async def send() -> None:
        with contextlib.suppress(ContainerFailure):
            await invocations.answer(variant, instance, headers, body, seconds)

    task = asyncio.get_running_loop().create_task(send())
    _copies.add(task)
    task.add_done_callback(_copies.discard)
