"""InvokeEndpoint: a request goes to a variant by weight, and its answer comes back as the container gave it."""

import json
from collections.abc import Mapping

from local.sagemaker import endpoints
from local.sagemaker.connections import Response
from local.sagemaker.endpoints import Endpoint, NoInstanceError
from local.sagemaker.errors import ApiError
from local.sagemaker.instances import Instance
from local.sagemaker.state import Region

Answer = tuple[int, dict[str, str], bytes]
_LARGEST_BODY = 6 * 1024 * 1024
_TIMEOUT_SECONDS = 60.0
_PASSED_ON = ("content-type", "accept", "x-amzn-sagemaker-custom-attributes")
_UNSUPPORTED_HEADERS = (
    *("x-amzn-sagemaker-target-model", "x-amzn-sagemaker-target-container-hostname"),
    *("x-amzn-sagemaker-inference-component", "x-amzn-sagemaker-session-id"),
)


async def invoke(region: Region, name: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Answer one InvokeEndpoint request."""
    for header in _UNSUPPORTED_HEADERS:
        if headers.get(header):
            raise ApiError("ValidationError", f"{header} is not supported by the local cloud.")
    if len(body) > _LARGEST_BODY:
        raise ApiError("ValidationError", f"The body of {len(body)} bytes exceeds the limit of {_LARGEST_BODY}.", 413)
    endpoint = endpoints.find(region, name)
    try:
        picked = endpoint.acquire(headers.get("x-amzn-sagemaker-target-variant")) if endpoint else None
    except NoInstanceError as dead:
        return _model_error(region, name, str(dead), 503, "No model server of this variant runs.")
    if endpoint is None or picked is None:
        raise ApiError("ValidationError", f"Endpoint {name} of account {region.account} not found.")
    variant, instance = picked
    try:
        return await _forward(endpoint, variant, instance, headers, body)
    finally:
        instance.release()


async def _forward(
    endpoint: Endpoint, variant: str, instance: Instance, headers: Mapping[str, str], body: bytes
) -> Answer:
    passed = {name: headers[name] for name in _PASSED_ON if name in headers}
    try:
        response = await instance.connections.post("/invocations", passed, body, _TIMEOUT_SECONDS)
    except TimeoutError:
        message = "Your invocation timed out while waiting for a response from container primary."
        return _model_error(endpoint.region, endpoint.name, variant, 0, message)
    except OSError as error:
        instance.log.write(f"The model server does not answer: {error}")
        return _model_error(endpoint.region, endpoint.name, variant, 502, f"The model server ended: {error}")
    if response.status >= 400:
        message = response.body.decode(errors="replace")
        return _model_error(endpoint.region, endpoint.name, variant, response.status, message)
    return _success(variant, response)


def _success(variant: str, response: Response) -> Answer:
    headers = {
        "Content-Type": response.headers.get("content-type", "application/octet-stream"),
        "x-Amzn-Invoked-Production-Variant": variant,
    }
    custom = response.headers.get("x-amzn-sagemaker-custom-attributes")
    if custom:
        headers["X-Amzn-SageMaker-Custom-Attributes"] = custom
    return 200, headers, response.body


def _model_error(region: Region, endpoint: str, variant: str, status: int, message: str) -> Answer:
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    side = "client" if 400 <= status < 500 else "server"
    content = {
        "Message": (
            f'Received {side} error ({status}) from primary with message "{message[:1000]}". See {group} in account '
            f"{region.account} for more information."
        ),
        "OriginalMessage": message[:4000],
        "OriginalStatusCode": status,
        "LogStreamArn": f"arn:aws:logs:{region.name}:{region.account}:log-group:{group}",
    }
    headers = {
        "Content-Type": "application/json",
        "x-amzn-errortype": "ModelError",
        "x-Amzn-Invoked-Production-Variant": variant,
    }
    return 424, headers, json.dumps(content).encode()
