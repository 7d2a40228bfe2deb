"""With boto3 and the standard library, and nothing else."""

from __future__ import annotations

import base64
import json
import logging
import os
import sys
import time
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

MOST_INSTANCES = 1000
LABELS, CLASSES = {-1, 0, 1}, {"-1", "0", "1"}
# CloudWatch's embedded metric format.
METRICS = {
    "Namespace": "front-door",
    "Dimensions": [["endpoint"], ["endpoint", "variant"]],
    "Metrics": [
        {"Name": "latency_ms", "Unit": "Milliseconds"},
        {"Name": "overhead_ms", "Unit": "Milliseconds"},
        {"Name": "errors", "Unit": "Count"},
    ],
}

logger = logging.getLogger()
logger.handlers = [logging.StreamHandler(sys.stdout)]
logger.setLevel(logging.INFO)

environment = json.loads(os.environ["FRONT_DOOR"])
endpoints: dict[str, str] = environment["endpoints"]
callers: dict[str, list[str]] = environment["callers"]
client = boto3.client(
    "sagemaker-runtime", config=Config(connect_timeout=3, read_timeout=28, retries={"max_attempts": 2})
)


class Refused(Exception):  # noqa: N818 - not an error of ours
    """The request ends here, with a problem."""

    def __init__(self, status: int, name: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.name = name


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    request_id = event["requestContext"]["requestId"]
    line: dict[str, Any] = {"request_id": request_id}
    began = time.perf_counter()
    try:
        document = predict(event, line)
    except Refused as problem:
        response = {
            "type": f"urn:problem-type:ashlar:{problem.name}",
            "title": problem.name,
            "status": problem.status,
            "detail": str(problem),
            "request_id": request_id,
        }
        return answer(problem.status, "application/problem+json", response, line, began)
    return answer(200, "application/json", document, line, began)


def answer(
    status: int, content_type: str, document: dict[str, Any], line: dict[str, Any], began: float
) -> dict[str, Any]:
    milliseconds = (time.perf_counter() - began) * 1000
    latency = line.pop("latency", 0.0)
    entry = {
        "level": "INFO",
        "message": "request",
        **line,
        "status": status,
        "latency_ms": round(latency, 2),
        "overhead_ms": round(milliseconds - latency, 2),
        "errors": int(status >= 500),
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [METRICS]},
    }
    logger.info(json.dumps(entry))
    headers = {"X-Request-Id": line["request_id"], "X-Served-Variant": line.get("variant", "")}
    return {
        "statusCode": status,
        "headers": {"Content-Type": content_type, "X-Content-Type-Options": "nosniff", **headers},
        "body": json.dumps(document),
        "isBase64Encoded": False,
    }


def predict(event: dict[str, Any], line: dict[str, Any]) -> dict[str, Any]:
    endpoint = event["pathParameters"]["endpoint"]
    if endpoint not in endpoints:
        raise Refused(404, "unknown-endpoint", f"{endpoint[:64]!r} is not an endpoint of this API.")
    line["endpoint"] = endpoint
    line["client"] = event["requestContext"]["identity"]["userArn"].split("/")[1]
    if endpoint not in callers.get(line["client"], ()):
        raise Refused(403, "not-granted", f"You were not granted {endpoint!r}.")
    headers = {name.lower(): value for name, value in event["headers"].items()}
    if headers.get("content-type", "").partition(";")[0] != "application/json":
        raise Refused(415, "unsupported-content-type", "Send Content-Type: application/json.")
    body = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
    line["instances"] = count(body)
    began = time.perf_counter()
    try:
        found = client.invoke_endpoint(
            EndpointName=endpoints[endpoint],
            Body=body,
            ContentType="application/json",
            Accept="application/json",
            InferenceId=line["request_id"],
        )
        content = found["Body"].read()
        line["latency"] = (time.perf_counter() - began) * 1000
        document = json.loads(content)
    except (ClientError, HTTPClientError, ValueError) as error:
        raise Refused(502, "model-failed", "The model did not answer as it should.") from error
    check_answer(document, line["instances"])
    line["variant"] = found["InvokedProductionVariant"]
    return {**document, "variant": line["variant"]}


def count(body: bytes) -> int:
    """The number of instances of a valid body."""
    try:
        document = json.loads(body)
    except ValueError as error:
        raise Refused(400, "invalid-body", f"The body is not JSON: {error}") from None
    if not isinstance(document, dict) or document.keys() != {"instances"}:
        raise Refused(400, "invalid-body", "The body must be an object of instances.")
    instances = document["instances"]
    if not isinstance(instances, list) or not 1 <= len(instances) <= MOST_INSTANCES:
        raise Refused(400, "invalid-body", f"/instances must be a list of 1 to {MOST_INSTANCES}.")
    for index, instance in enumerate(instances):
        if not isinstance(instance, dict) or not instance.keys() <= {"title", "text"}:
            raise Refused(400, "invalid-body", f"/instances/{index} must be an object of title and text.")
        text, title = instance.get("text"), instance.get("title")
        if not isinstance(text, str) or not text.strip():
            raise Refused(400, "invalid-body", f"/instances/{index}/text must be a string that is not blank.")
        if title is not None and not isinstance(title, str):
            raise Refused(400, "invalid-body", f"/instances/{index}/title must be a string or null.")
    return len(instances)


def check_answer(document: Any, instances: int) -> None:
    predictions = document.get("predictions") if isinstance(document, dict) else None
    if not isinstance(predictions, list) or len(predictions) != instances or not document.get("model_package"):
        raise Refused(502, "model-failed", "The model did not answer every instance.")
    for prediction in predictions:
        if not isinstance(prediction, dict) or prediction.keys() != {"label", "probabilities"}:
            raise Refused(502, "model-failed", "A prediction is not a label and probabilities.")
        if prediction["label"] not in LABELS:
            raise Refused(502, "model-failed", "A prediction has an unknown label.")
        probabilities = prediction["probabilities"]
        if not isinstance(probabilities, dict) or probabilities.keys() != CLASSES:
            raise Refused(502, "model-failed", "A prediction has no probability of each class.")
        if not all(isinstance(p, float | int) and 0 <= p <= 1 for p in probabilities.values()):
            raise Refused(502, "model-failed", "A probability is not from 0 to 1.")
