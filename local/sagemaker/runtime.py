"""InvokeEndpoint and InvokeEndpointAsync: a request goes to a variant by weight, or into the endpoint's queue.

An answer comes back as the container gave it.
"""

import json
import time
from collections.abc import Mapping

from local.sagemaker import async_requests, endpoints, invocations, shadow
from local.sagemaker.chain import ContainerFailure
from local.sagemaker.connections import Response
from local.sagemaker.endpoint import Endpoint
from local.sagemaker.errors import ApiError
from local.sagemaker.routing import NoInstanceError
from local.sagemaker.serverless import ServerlessVariant
from local.sagemaker.state import Region

Answer = tuple[int, dict[str, str], bytes]
_LARGEST_BODY = 6 * 1024 * 1024
_LARGEST_SERVERLESS_BODY = 4 * 1024 * 1024
_TIMEOUT_SECONDS = 60.0
_PASSED_ON = ("content-type", "accept", "x-amzn-sagemaker-custom-attributes")
_UNSUPPORTED_HEADERS = (
    *("x-amzn-sagemaker-target-model", "x-amzn-sagemaker-target-container-hostname"),
    *("x-amzn-sagemaker-inference-component", "x-amzn-sagemaker-session-id"),
)


async def invoke(region: Region, name: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Answer one InvokeEndpoint request."""
    received = time.perf_counter()
    endpoint = endpoints.find(region, name)
    if endpoint is None:
        raise _not_found(region, name)
    _check(endpoint, headers, body)
    try:
        picked = await endpoint.router.acquire(headers.get("x-amzn-sagemaker-target-variant"))
    except NoInstanceError as dead:
        dead.variant.meter.count(503, model_seconds=None, overhead_seconds=time.perf_counter() - received)
        return _model_error(region, name, dead.variant.name, ContainerFailure("primary", 503, str(dead)))
    if picked is None:
        raise _not_found(region, name)
    variant, instance = picked
    passed = {name: headers[name] for name in _PASSED_ON if name in headers}
    left = _TIMEOUT_SECONDS - (time.perf_counter() - received)  # a cold start counts
    try:
        inference_id = headers.get("x-amzn-sagemaker-inference-id")
        response = await invocations.answer(
            variant, instance, passed, body, left, received=received, inference_id=inference_id
        )
    except ContainerFailure as failure:
        return _model_error(region, endpoint.name, variant.name, failure)
    finally:
        shadow.mirror(endpoint, passed, body, _TIMEOUT_SECONDS)
        if isinstance(variant, ServerlessVariant):
            variant.rest(instance)
    return _success(variant.name, response)


def _check(endpoint: Endpoint, headers: Mapping[str, str], body: bytes) -> None:
    for header in _UNSUPPORTED_HEADERS:
        if headers.get(header):
            raise ApiError("ValidationError", f"{header} is not supported by the local cloud.")
    if endpoint.asynchronous:
        raise ApiError("ValidationError", f"Endpoint {endpoint.name} is asynchronous. Use InvokeEndpointAsync.")
    largest = _LARGEST_SERVERLESS_BODY if endpoint.is_serverless else _LARGEST_BODY
    if len(body) > largest:
        raise ApiError("ValidationError", f"The body of {len(body)} bytes exceeds the limit of {largest}.", 413)


def _not_found(region: Region, name: str) -> ApiError:
    return ApiError("ValidationError", f"Endpoint {name} of account {region.account} not found.")


async def invoke_async(region: Region, name: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Put one InvokeEndpointAsync request into the endpoint's queue."""
    endpoint = endpoints.find(region, name)
    if endpoint is None or endpoint.fleet is None:
        raise _not_found(region, name)
    if endpoint.asynchronous is None:
        raise ApiError("ValidationError", f"Endpoint {name} is not asynchronous. Use InvokeEndpoint.")
    request = async_requests.read(headers, body, endpoint.fleet.configuration["AsyncInferenceConfig"])
    endpoint.asynchronous.queue.put(request)
    places = {
        "X-Amzn-SageMaker-OutputLocation": request.output_location,
        "X-Amzn-SageMaker-FailureLocation": request.failure_location,
    }
    answered = {"Content-Type": "application/json", **{header: place for header, place in places.items() if place}}
    return 202, answered, json.dumps({"InferenceId": request.id}).encode()


def _success(variant: str, response: Response) -> Answer:
    headers = {
        "Content-Type": response.headers.get("content-type", "application/octet-stream"),
        "x-Amzn-Invoked-Production-Variant": variant,
    }
    custom = response.headers.get("x-amzn-sagemaker-custom-attributes")
    if custom:
        headers["X-Amzn-SageMaker-Custom-Attributes"] = custom
    return 200, headers, response.body


def _model_error(region: Region, endpoint: str, variant: str, failure: ContainerFailure) -> Answer:
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    content = {
        "Message": failure.sentence(endpoint, region.account),
        "OriginalMessage": failure.message[:4000],
        "OriginalStatusCode": failure.status,
        "LogStreamArn": f"arn:aws:logs:{region.name}:{region.account}:log-group:{group}",
    }
    headers = {
        "Content-Type": "application/json",
        "x-amzn-errortype": "ModelError",
        "x-Amzn-Invoked-Production-Variant": variant,
    }
    return 424, headers, json.dumps(content).encode()
