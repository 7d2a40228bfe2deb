"""`POST /endpoints/{endpoint}/predictions`: a checked body in, the model's answer out, every failure as a Problem."""

from front_door import prediction
from front_door.content import checked
from front_door.declared import Endpoint
from front_door.endpoint_client import Answer, Invocation, invoke
from front_door.media_types import JSON, sent_type, wanted_type
from front_door.problems import ASYNCHRONOUS_ENDPOINT, UNKNOWN_VARIANT, VARIANT_NOT_ALLOWED, Problem, quoted
from front_door.request import BODY_LIMIT, Request
from front_door.response import Response
from front_door.schema import Check
from front_door.service import Service

SERVERLESS_LIMIT = 4 * 1024 * 1024
"""SageMaker's, on a request to a serverless endpoint."""
_promises: dict[str, Check] = {}
"""Public name -> what checks its predictions, made with the first answer."""


def create(request: Request, service: Service) -> Response:
    """200 with the answer. Raises Problem, CallError."""
    endpoint = request.endpoint(service.declared)
    if endpoint.is_asynchronous:
        detail = f"{quoted(endpoint.public)} answers by jobs. Send POST /endpoints/{endpoint.public}/jobs."
        raise Problem(ASYNCHRONOUS_ENDPOINT, detail)
    variant = _target_variant(request, endpoint)
    body = request.body(SERVERLESS_LIMIT if endpoint.mode == "serverless" else BODY_LIMIT)
    request.line.instances = checked(request, endpoint, body)
    invocation = Invocation(
        hosted=endpoint.hosted,
        variant=variant,
        body=body,
        content_type=sent_type(request),
        accept=JSON if endpoint.prediction is not None else wanted_type(request),
        inference_id=request.request_id,
    )
    url = service.settings.url("sagemaker-runtime")
    answer = invoke(service.client, url, invocation, deadline=request.deadline, line=request.line)
    request.line.variant = answer.variant or None
    return _response(endpoint, answer, request, service)


def _target_variant(request: Request, endpoint: Endpoint) -> str | None:
    variant = request.headers.get("x-target-variant")
    if variant is None:
        return None
    if not request.caller.grant.choose_variant:
        detail = "You were not granted to choose a variant. Remove the header X-Target-Variant."
        raise Problem(VARIANT_NOT_ALLOWED, detail)
    if variant not in endpoint.variants:
        known = ", ".join(endpoint.variants)
        raise Problem(UNKNOWN_VARIANT, f"{quoted(variant)} is not a variant of the endpoint. It has: {known}.")
    return variant


def _response(endpoint: Endpoint, answer: Answer, request: Request, service: Service) -> Response:
    headers = {"X-Served-Variant": answer.variant} if answer.variant else {}
    if endpoint.prediction is None:
        return Response.passed_on(answer.body, answer.content_type, headers)
    if endpoint.public not in _promises:
        _promises[endpoint.public] = prediction.promised(endpoint.prediction)
    text = prediction.read(
        answer,
        _promises[endpoint.public],
        instances=request.line.instances,
        verbose=service.declared.verbose_errors,
    )
    return Response(200, text, headers=headers)
