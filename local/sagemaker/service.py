"""SageMaker's wire: requests from MiniStack's front to operations, results and errors back."""

import asyncio
import contextvars
import importlib
import json
import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local import hooks
from local.sagemaker import condition_keys, runtime, tags
from local.sagemaker.errors import ApiError
from local.sagemaker.operations import Call, fail_on_purpose, perform
from local.sagemaker.resource_arns import endpoint_of, is_asynchronous, resource_arn, scalable_target_arn
from local.sagemaker.roles import require_tagging
from local.sagemaker.shapes import answer
from local.sagemaker.state import current_region

Answer = tuple[int, dict[str, str], bytes]
_LOG = logging.getLogger(__name__)
_JSON = "application/x-amz-json-1.1"
_MODULES = (
    *("processing", "training_operations", "tuning_operations", "transform_operations", "pipelines.operations"),
    *("pipelines.execution_operations", "registry", "models", "endpoint_configs", "endpoint_operations", "tags"),
)
# Operations may call back into the local cloud, so they need threads that no other service can use up.
_THREADS = ThreadPoolExecutor(32, thread_name_prefix="sagemaker")


def install() -> None:
    """Add SageMaker, its runtime and Application Auto Scaling to the local cloud."""
    for name in _MODULES:
        importlib.import_module(f"local.sagemaker.{name}")
    # moto checks region names against a list of its own, which is older than some regions.
    os.environ.setdefault("MOTO_ALLOW_NONEXISTENT_REGION", "true")
    hooks.register_service("sagemaker", _sagemaker, ["SageMaker."], botocore_names=["sagemaker-runtime"])
    hooks.register_resource_arn("sagemaker", resource_arn)
    hooks.register_service("application-autoscaling", _autoscaling, ["AnyScaleFrontendService."])
    hooks.register_resource_arn("application-autoscaling", scalable_target_arn)
    hooks.register_condition_keys("sagemaker", condition_keys.sagemaker)
    hooks.register_resource_tags("sagemaker", tags.of_resource)
    hooks.leave_out_of_trail("sagemaker", lambda path: endpoint_of(path) is not None)
    hooks.register_condition_keys("application-autoscaling", condition_keys.autoscaling)


async def _sagemaker(
    method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
) -> Answer:
    endpoint = endpoint_of(path)
    target = headers.get("x-amz-target", "")
    # IAM was asked about the action that the target or a query names: a request must not be two things at once.
    if endpoint is not None and method == "POST" and not target and not query:
        invoke, operation = (
            (runtime.invoke_async, "InvokeEndpointAsync")
            if is_asynchronous(path)
            else (runtime.invoke, "InvokeEndpoint")
        )
        try:
            fail_on_purpose(operation, refused=429)
            return await invoke(current_region(), endpoint, headers, body)
        except ApiError as error:
            return _error(error, "application/json")
    if not target or path != "/" or query:
        return _error(ApiError("UnknownOperationException", f"{method} {path} is not supported by the local cloud."))
    return await _in_thread(lambda: _control(target.rsplit(".", 1)[-1], headers, body))


def _control(operation: str, headers: Mapping[str, str], body: bytes) -> Answer:
    try:
        params = json.loads(body or b"{}")
        if not isinstance(params, dict):
            raise ApiError("SerializationException", "The request must be a JSON object.")
        call = Call(operation, params, dict(headers), current_region())
        require_tagging(call)
        result = perform(call)
        with call.region.lock:
            content = json.dumps(answer(operation, result)).encode()
        return 200, {"Content-Type": _JSON}, content
    except ApiError as error:
        return _error(error)
    except ValueError as error:
        return _error(ApiError("SerializationException", f"The request is not JSON: {error}"))
    except Exception as error:
        _LOG.exception("%s", operation)
        return _error(ApiError("InternalFailure", f"{operation}: {error!r}", 500))


def _error(error: ApiError, content_type: str = _JSON) -> Answer:
    content = json.dumps({"__type": error.code, "message": error.message}).encode()
    return error.status, {"Content-Type": content_type, "x-amzn-errortype": error.code}, content


async def _autoscaling(
    method: str, path: str, headers: Mapping[str, str], body: bytes, _query: Mapping[str, Any]
) -> Answer:
    def recorded() -> Answer:
        # Imported at its first use, because moto takes two seconds to import.
        from local.sagemaker.autoscaling import api

        return api.answer(method, path, headers, body)

    return await _in_thread(recorded)


async def _in_thread(work: Callable[[], Answer]) -> Answer:
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(_THREADS, context.run, work)
