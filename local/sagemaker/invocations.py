"""One request at one instance. All of them pass here: those of callers, copies for a shadow, and those of a queue."""

import time
from collections.abc import Mapping

from local.sagemaker.capture import Exchange
from local.sagemaker.chain import ContainerFailure, Unreachable
from local.sagemaker.connections import Response
from local.sagemaker.instances import Instance
from local.sagemaker.variant_fleet import VariantFleet


async def answer(
    variant: VariantFleet,
    instance: Instance,
    headers: Mapping[str, str],
    body: bytes,
    seconds: float,
    *,
    received: float | None = None,
    inference_id: str | None = None,
) -> Response:
    """Return the answer of the model on an instance that was acquired, and release it; ContainerFailure if it fails.

    The request is counted and, if it is one of the sample, captured. It came at `received` (time.perf_counter()).
    """
    began = time.perf_counter()

    def count(status: int) -> None:
        overhead = began - (began if received is None else received)
        variant.meter.count(status, model_seconds=time.perf_counter() - began, overhead_seconds=overhead)

    try:
        response = await _first_answer(variant, instance, headers, body, seconds)
    except ContainerFailure as failure:
        count(failure.status)
        raise
    count(response.status)
    if variant.capture:
        variant.capture.offer(Exchange(headers, body, response.headers, response.body, inference_id))
    return response


async def _first_answer(
    variant: VariantFleet, instance: Instance, headers: Mapping[str, str], body: bytes, seconds: float
) -> Response:
    """Return the answer of the instance, or of another one of the variant where that one is just ending."""
    tried = [instance]
    while True:
        try:
            return await tried[-1].answer(headers, body, seconds)
        except Unreachable:
            other = variant.another(tried)
            if other is None:
                raise
        finally:
            tried[-1].release()
        tried.append(other)
