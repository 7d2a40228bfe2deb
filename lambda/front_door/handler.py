"""The Lambda function's entry: API Gateway's event in, its response out. Handler: `front_door.handler.handle`.

Importing this module is the start: it reads the environment and fails, naming the variable, if that is wrong.
"""

import os
import time
from collections.abc import Mapping
from typing import Any, Protocol

from front_door import declared, log
from front_door.call_errors import CallError, problem_of
from front_door.caller import caller_of
from front_door.problems import ANSWER_TOO_LARGE, INTERNAL, MEDIA_TYPE, Problem
from front_door.request import request_of
from front_door.response import AnswerTooLongError, Response
from front_door.routes import handler_of
from front_door.service import Service
from front_door.settings import Settings
from front_door.signed_client import SignedClient

# API Gateway gives up after 29 s; the answer has to be on its way by then.
GATEWAY_SECONDS = 29.0
LONGEST_CALL_SECONDS = 28.0
ANSWER_SECONDS = 0.5
"""Kept back from the function's remaining time to write the answer."""


class Context(Protocol):
    """What is used of Lambda's context object."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


def _service() -> Service:
    settings = Settings.from_environment(os.environ)
    client = SignedClient(credentials=settings.credentials, region=settings.region, ca_bundle=settings.ca_bundle)
    log.start(settings.log_level)
    return Service(settings, declared.Declared.read(declared.FILE), client)


service = _service()


def handle(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Answer one request. Never raises: what nobody foresaw is a 500 with the request id, and a logged traceback."""
    request_id = str((event.get("requestContext") or {}).get("requestId") or context.aws_request_id)
    line = log.RequestLine(request_id, service.settings.metrics_namespace)
    fault: BaseException | None = None
    try:
        answer = _answered(event, context, line).for_gateway(request_id)
    except Exception as error:
        problem = _problem(error)
        # The cause of a server's fault is for the log; that a caller made a mistake is no fault.
        fault = error if problem.kind.status >= 500 else None
        answer = _refusal(problem, request_id).for_gateway(request_id)
    line.write(answer["statusCode"], fault)
    return answer


def _answered(event: Mapping[str, Any], context: Context, line: log.RequestLine) -> Response:
    """Raises Problem, CallError, AnswerTooLongError; fills the request's log line on its way."""
    told = event.get("requestContext") or {}
    left = min(
        LONGEST_CALL_SECONDS - _waited(told.get("requestTimeEpoch")),
        context.get_remaining_time_in_millis() / 1000 - ANSWER_SECONDS,
    )
    handler = handler_of(event)
    caller = caller_of(told, service.declared, service.settings.api_keys)
    line.client, line.route = caller.client, f"{event['httpMethod']} {event['resource']}"
    deadline = time.monotonic() + left
    request = request_of(event, caller=caller, request_id=line.request_id, deadline=deadline, line=line)
    return handler(request, service)


def _waited(since: Any) -> float:
    """Seconds for which the gateway has had the request: a cold start is of its 29 as well.

    `since` is in milliseconds since 1970. Clocks differ: what cannot be is 0.
    """
    waited = time.time() - since / 1000 if isinstance(since, int | float) else 0.0
    return waited if 0 < waited < GATEWAY_SECONDS else 0.0


def _problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, CallError):
        return problem_of(error, verbose=service.declared.verbose_errors)
    if isinstance(error, AnswerTooLongError):
        return Problem(ANSWER_TOO_LARGE, "An answer has at most 6 MB. Send fewer instances a request.")
    return Problem(INTERNAL, "It has been logged. Report the request id to the API's owner.")


def _refusal(problem: Problem, request_id: str) -> Response:
    headers = dict(problem.headers)
    if problem.kind.retry_after is not None:
        headers["Retry-After"] = str(problem.kind.retry_after)
    answer = Response.json(problem.kind.status, problem.document(request_id), headers)
    return Response(answer.status, answer.body, MEDIA_TYPE, headers)
