"""The Lambda function's entry: API Gateway's event in, its response out. Handler: `front_door.handler.handle`.

Importing this module is the start: it reads the environment and fails, naming the variable, if that is wrong.
"""

import json
import os
import time
from collections.abc import Mapping
from typing import Any, Protocol

from front_door import instances, log
from front_door.endpoint_client import EndpointClient
from front_door.event import endpoint_of, json_body
from front_door.predict import predict
from front_door.problems import INTERNAL, Problem
from front_door.settings import Settings

# API Gateway gives up after 29 s; the answer has to be on its way by then.
LONGEST_CALL_SECONDS = 28.0
ANSWER_SECONDS = 0.5
"""Kept back from the function's remaining time to write the answer."""


class Context(Protocol):
    """What is used of Lambda's context object."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


settings = Settings.from_environment(os.environ)
client = EndpointClient(url=settings.runtime_url, region=settings.region, ca_bundle=settings.ca_bundle)
log.start(settings.log_level)


def handle(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Answer one request. Never raises: what nobody foresaw is a 500 with the request id, and a logged traceback."""
    request_id = str((event.get("requestContext") or {}).get("requestId") or context.aws_request_id)
    line = log.RequestLine(request_id)
    try:
        document = _predict(event, context, line)
    except Problem as problem:
        return _refuse(problem, line, fault=problem if problem.kind.status >= 500 else None)
    except Exception as unforeseen:
        detail = "It has been logged. Report the request id to the API's owner."
        return _refuse(Problem(INTERNAL, detail), line, fault=unforeseen)
    line.write(200)
    return _response(200, "application/json", document, line)


def _predict(event: Mapping[str, Any], context: Context, line: log.RequestLine) -> dict[str, Any]:
    """The response's document. Raises Problem; fills the request's log line on its way."""
    left = min(LONGEST_CALL_SECONDS, context.get_remaining_time_in_millis() / 1000 - ANSWER_SECONDS)
    deadline = time.monotonic() + left
    line.endpoint = endpoint_of(event, settings.endpoints)
    body = json_body(event)
    line.instances = instances.count(body)
    hosted = settings.endpoints[line.endpoint]
    prediction = predict(client, hosted, body, instances=line.instances, request_id=line.request_id, deadline=deadline)
    line.variant = prediction.variant
    return prediction.document()


def _refuse(problem: Problem, line: log.RequestLine, *, fault: Exception | None) -> dict[str, Any]:
    line.write(problem.kind.status, fault)
    response = _response(problem.kind.status, "application/problem+json", problem.document(line.request_id), line)
    if problem.kind.retry_after is not None:
        response["headers"]["Retry-After"] = str(problem.kind.retry_after)
    return response


def _response(status: int, content_type: str, document: Mapping[str, Any], line: log.RequestLine) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"Content-Type": content_type, "X-Request-Id": line.request_id},
        "body": json.dumps(document),
        "isBase64Encoded": False,
    }
