"""With AWS Lambda Powertools, pydantic and boto3, as the field's templates have it.

Written after ran-isenberg/aws-lambda-handler-cookbook and the documentation of Powertools: resolver, logger and
metrics; models of the request, of the model's answer and of the environment. Without its tracer, which costs most.
"""

from __future__ import annotations

import json
import os
from http import HTTPStatus
from time import perf_counter
from typing import Annotated, Any, Literal

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


class Instance(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    title: str | None = None
    text: Annotated[str, AfterValidator(_not_blank)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    instances: Annotated[list[Instance], Field(min_length=1, max_length=1000)]


Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Probabilities(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, serialize_by_alias=True)

    negative: Probability = Field(alias="-1")
    neutral: Probability = Field(alias="0")
    positive: Probability = Field(alias="1")


class Prediction(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    label: Literal[-1, 0, 1]
    probabilities: Probabilities


class Answer(BaseModel):
    predictions: list[Prediction]
    model_package: Annotated[str, Field(min_length=1)]


class Environment(BaseModel):
    """`callers`: name of an IAM role -> the endpoints that it may call."""

    endpoints: dict[str, str]
    callers: dict[str, list[str]]


environment = Environment.model_validate_json(os.environ["FRONT_DOOR"])
logger = Logger(service="front-door")
metrics = Metrics(namespace="front-door", service="front-door")
app = APIGatewayRestResolver()
client = boto3.client(
    "sagemaker-runtime", config=Config(connect_timeout=3, read_timeout=28, retries={"max_attempts": 2})
)


def _problem(status: int, name: str, detail: str) -> Response[str]:
    document = {
        "type": f"urn:problem-type:ashlar:{name}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request_id": app.current_event.request_context.request_id,
    }
    return Response(status, "application/problem+json", json.dumps(document))


@app.post("/endpoints/<endpoint>/predictions")
def predict(endpoint: str) -> Response[str]:
    hosted = environment.endpoints.get(endpoint)
    if hosted is None:
        return _problem(404, "unknown-endpoint", f"{endpoint[:64]!r} is not an endpoint of this API.")
    caller = str(app.current_event.request_context.identity.user_arn).split("/")[1]
    if endpoint not in environment.callers.get(caller, ()):
        return _problem(403, "not-granted", f"You were not granted {endpoint!r}.")
    if app.current_event.headers.get("content-type", "").partition(";")[0] != "application/json":
        return _problem(415, "unsupported-content-type", "Send Content-Type: application/json.")
    body = app.current_event.decoded_body or ""
    try:
        instances = Body.model_validate_json(body).instances
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        pointer = "".join(f"/{part}" for part in first["loc"])
        return _problem(400, "invalid-body", f"{pointer}: {first['msg']}")
    request_id = app.current_event.request_context.request_id
    began = perf_counter()
    try:
        answer = client.invoke_endpoint(
            EndpointName=hosted,
            Body=body.encode(),
            ContentType="application/json",
            Accept="application/json",
            InferenceId=request_id,
        )
        found = Answer.model_validate_json(answer["Body"].read())
    except ClientError as error:
        logger.exception("the endpoint refused")
        return _problem(502, "model-failed", error.response["Error"]["Code"])
    except (HTTPClientError, ValidationError):
        logger.exception("the endpoint did not answer")
        return _problem(502, "model-failed", "The model did not answer as it should.")
    if len(found.predictions) != len(instances):
        return _problem(502, "model-failed", "The model did not answer every instance.")
    variant = answer["InvokedProductionVariant"]
    latency = (perf_counter() - began) * 1000
    metrics.add_dimension("endpoint", endpoint)
    metrics.add_dimension("variant", variant)
    metrics.add_metric("latency_ms", MetricUnit.Milliseconds, latency)
    metrics.add_metric("errors", MetricUnit.Count, 0)
    logger.info(
        "request",
        request_id=request_id,
        client=caller,
        endpoint=endpoint,
        instances=len(instances),
        variant=variant,
        status=200,
        latency_ms=round(latency, 2),
    )
    headers = {"X-Request-Id": request_id, "X-Served-Variant": variant, "X-Content-Type-Options": "nosniff"}
    return Response(200, "application/json", json.dumps({**found.model_dump(), "variant": variant}), headers)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
