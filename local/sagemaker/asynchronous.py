"""Asynchronous inference: requests of a queue are read from S3, answered, and written to S3, with the model's role."""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker import async_notifications, invocations
from local.sagemaker.async_queue import InvocationQueue
from local.sagemaker.async_requests import AsyncRequest
from local.sagemaker.chain import GONE, ContainerFailure
from local.sagemaker.connections import Response
from local.sagemaker.instances import Instance
from local.sagemaker.routing import Picked
from local.sagemaker.state import Region
from local.sagemaker.storage import DataError, split_uri
from local.sagemaker.variant_fleet import VariantFleet

Record = dict[str, Any]
_T = TypeVar("_T")
_LOG = logging.getLogger(__name__)
_AWS_ERRORS = (ClientError, BotoCoreError, Boto3Error, DataError)
_TRANSFERS = ThreadPoolExecutor(16, thread_name_prefix="async-inference")


class _FailedError(Exception):
    """The request failed; `metric` counts it, `response` is what the model answered, if it did."""

    def __init__(self, reason: str, metric: str, response: str | None = None) -> None:
        super().__init__(reason)
        self.metric = metric
        self.response = response


class AsyncEndpoint:
    """The asynchronous side of one endpoint. `config` answers the AsyncInferenceConfig that serves now."""

    def __init__(
        self,
        region: Region,
        name: str,
        config: Callable[[], Record],
        variants: Callable[[], list[VariantFleet]],
        acquire: Callable[[], Awaitable[Picked | None]],
    ) -> None:
        self._region = region
        self._name = name
        self._config = config
        self._variants = variants

        def instances() -> int:
            return sum(len(variant.instances) for variant in variants())

        self.queue = InvocationQueue(name, config, instances, acquire, self._process, self._expire)

    async def _process(self, request: AsyncRequest, variant: VariantFleet, instance: Instance) -> bool:
        """Answer a request; False where its instance was taken away, so that it must be answered by another one."""
        try:
            response = await self._answer(request, variant, instance)
            await self._write(variant, request.output_location, response.body, response.headers.get("content-type"))
        except _TakenAwayError:
            return False
        except _FailedError as failure:
            await self._fail(request, variant, failure)
        else:
            self.queue.meter.count("InvocationsProcessed", variant.name)
            with_response = self._includes_response("SUCCESS_NOTIFICATION_TOPIC")
            message = async_notifications.completed(
                request, self._name, self._region.name, response, with_response=with_response
            )
            await self._notify(variant, "SuccessTopic", message)
        return True

    async def _answer(self, request: AsyncRequest, variant: VariantFleet, instance: Instance) -> Response:
        try:
            body = await _in_thread(lambda: _read(variant, request))
        except _AWS_ERRORS as error:
            instance.release()
            reason = f"ClientError: The input {request.input_location} cannot be read: {error}"
            raise _FailedError(reason, "RequestDownloadFailures") from error
        except BaseException:
            instance.release()
            raise
        try:
            return await invocations.answer(
                variant, instance, request.headers, body, request.timeout_seconds, inference_id=request.id
            )
        except ContainerFailure as failure:
            if failure.status == GONE and instance.is_retired:
                raise _TakenAwayError from failure
            raise _FailedError(
                failure.sentence(self._name, self._region.account), "InvocationFailures", failure.message
            ) from failure

    async def _expire(self, request: AsyncRequest) -> None:
        variant = self._variants()[0]
        reason = f"The request waited in the queue for longer than its RequestTTLSeconds, {request.ttl_seconds}."
        await self._fail(request, variant, _FailedError(f"ClientError: {reason}", "ExpiredRequests"))

    async def _fail(self, request: AsyncRequest, variant: VariantFleet, failure: _FailedError) -> None:
        for metric in {failure.metric, "InvocationFailures"}:
            self.queue.meter.count(metric, variant.name)
        told = str(failure) if failure.response is None else failure.response
        try:
            await self._write(variant, request.failure_location, told.encode(), "text/plain")
        except _FailedError as error:
            _LOG.warning("endpoint %s, %s: %s", self._name, request.id, error)
        response = failure.response if self._includes_response("ERROR_NOTIFICATION_TOPIC") else None
        message = async_notifications.failed(request, self._name, self._region.name, str(failure), response)
        await self._notify(variant, "ErrorTopic", message)

    async def _write(self, variant: VariantFleet, place: str | None, body: bytes, content_type: str | None) -> None:
        if place is None:
            return
        key = self._config()["OutputConfig"].get("KmsKeyId")
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}
        described = {"ContentType": content_type} if content_type else {}

        def put() -> None:
            bucket, name = split_uri(place)
            variant.client("s3").put_object(Bucket=bucket, Key=name, Body=body, **described, **encryption)

        try:
            await _in_thread(put)
        except _AWS_ERRORS as error:
            reason = f"ClientError: The output {place} cannot be written: {error}"
            raise _FailedError(reason, "ResponseUploadFailures") from error

    async def _notify(self, variant: VariantFleet, kind: str, message: str) -> None:
        topic = (self._config()["OutputConfig"].get("NotificationConfig") or {}).get(kind)
        if not topic:
            return
        try:
            await _in_thread(lambda: variant.client("sns").publish(TopicArn=topic, Message=message))
        except _AWS_ERRORS as error:
            self.queue.meter.count("NotificationFailures", variant.name)
            _LOG.warning("endpoint %s: no message to %s: %s", self._name, topic, error)

    def _includes_response(self, topic: str) -> bool:
        notifications = self._config()["OutputConfig"].get("NotificationConfig") or {}
        return topic in (notifications.get("IncludeInferenceResponseIn") or ())


class _TakenAwayError(Exception):
    """The instance was retired while it worked on the request."""


def _read(variant: VariantFleet, request: AsyncRequest) -> bytes:
    if request.input_location is None:
        return request.body
    bucket, key = split_uri(request.input_location)
    return bytes(variant.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


async def _in_thread(work: Callable[[], _T]) -> _T:
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(_TRANSFERS, lambda: context.run(work))
