"""What an asynchronous endpoint publishes to its topics once a request has been processed.

Source: "Check prediction results" in SageMaker's developer guide.
"""

import base64
import json
from typing import Any

from local.sagemaker.async_requests import AsyncRequest
from local.sagemaker.connections import Response
from local.sagemaker.state import now

Record = dict[str, Any]
_LARGEST_RESPONSE = 128 * 1024
_TEXT_TYPES = ("application/json", "text/")


def completed(request: AsyncRequest, endpoint: str, region: str, response: Response, *, with_response: bool) -> str:
    """Return the message of a request that was answered."""
    answer = {"contentType": response.headers.get("content-type"), "outputLocation": request.output_location}
    content = {"responseParameters": _given(answer)}
    body = _body(response.body, str(answer["contentType"])) if with_response else {}
    return _message(request, endpoint, region, "Completed", {**content, **body})


def failed(request: AsyncRequest, endpoint: str, region: str, reason: str, response: str | None) -> str:
    """Return the message of a request that failed; `response` is what the model answered, where it is to be told."""
    content: Record = {"failureReason": reason}
    if request.failure_location:
        content["responseParameters"] = {"failureLocation": request.failure_location}
    body = _body(response.encode(), "text/plain") if response is not None else {}
    return _message(request, endpoint, region, "Failed", {**content, **body})


def _message(request: AsyncRequest, endpoint: str, region: str, status: str, content: Record) -> str:
    parameters = {
        "contentType": request.headers.get("content-type"),
        "accept": request.headers.get("accept"),
        "customAttributes": request.headers.get("x-amzn-sagemaker-custom-attributes"),
        "endpointName": endpoint,
        "inputLocation": request.input_location,
    }
    return json.dumps(
        {
            "awsRegion": region,
            "eventTime": _time(now()),
            "receivedTime": _time(request.received),
            "invocationStatus": status,
            "requestParameters": _given(parameters),
            **content,
            "inferenceId": request.id,
            "eventVersion": "1.0",
            "eventSource": "aws:sagemaker",
            "eventName": "InferenceResult",
        }
    )


def _body(content: bytes, content_type: str) -> Record:
    if len(content) > _LARGEST_RESPONSE:
        return {}  # a message has at most 256 KB
    if content_type.startswith(_TEXT_TYPES):
        return {"responseBody": {"content": content.decode(errors="replace"), "encoding": "UTF-8"}}
    return {"responseBody": {"content": base64.b64encode(content).decode(), "encoding": "BASE64"}}


def _given(values: Record) -> Record:
    return {name: value for name, value in values.items() if value is not None}


def _time(moment: Any) -> str:
    return str(moment.isoformat(timespec="milliseconds")).replace("+00:00", "Z")
