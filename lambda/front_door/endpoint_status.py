"""`GET /endpoints`: those that the caller may call, what they take, and how each is, as DescribeEndpoint tells.

A status is kept for some seconds: callers may ask as often as they like, and SageMaker's control plane throttles.
Sources: API reference, DescribeEndpoint and EndpointStatus; the protocol is AWS JSON 1.1.
"""

from __future__ import annotations

import json
import time
from typing import Any

from front_door import strict_json
from front_door.call_errors import CallError, UnavailableError
from front_door.declared import Endpoint
from front_door.log import LOGGER
from front_door.request import Request
from front_door.response import Response
from front_door.service import Service

KEPT_SECONDS = 10.0
LONGEST_SECONDS = 3.0
"""For one endpoint's status: the list has to be answered in time without it as well."""
NO_MODEL_YET, UNKNOWN = "no-model-yet", "unknown"
STATUSES = {
    "InService": "in-service",
    "Creating": "creating",
    "Updating": "updating",
    "SystemUpdating": "updating",
    "RollingBack": "updating",
    "Failed": "failed",
    "OutOfService": "failed",
    "UpdateRollbackFailed": "failed",
    # It goes, and answers no more.
    "Deleting": NO_MODEL_YET,
}
# Wall-clock time: the monotonic clock need not run while Lambda is frozen.
_kept: dict[str, tuple[float, str]] = {}
"""SageMaker endpoint name -> (time.time() until which it holds, status)."""


def index(request: Request, service: Service) -> Response:
    """200 with `{"endpoints": [...]}`, sorted by name; empty for who was granted none."""
    granted = sorted(request.caller.grant.endpoints & service.declared.endpoints.keys())
    found = [_document(service.declared.endpoints[name], request, service) for name in granted]
    return Response.json(200, {"endpoints": found}, {"Cache-Control": "no-store"})


def _document(endpoint: Endpoint, request: Request, service: Service) -> dict[str, Any]:
    return {
        "name": endpoint.public,
        "title": endpoint.title,
        "description": endpoint.description,
        "mode": endpoint.mode,
        "status": _status(endpoint.hosted, request, service),
        "variants": [{"name": variant} for variant in endpoint.variants],
        "requests": endpoint.requests,
        "prediction": endpoint.prediction,
    }


def _status(hosted: str, request: Request, service: Service) -> str:
    until, status = _kept.get(hosted, (0.0, UNKNOWN))
    if time.time() < until:
        return status
    try:
        status = _described(hosted, request, service)
    except CallError as error:
        # A list of endpoints without the status of one is better than none.
        LOGGER.warning("the status of %s is unknown: %s", hosted, error)
        return UNKNOWN
    _kept[hosted] = (time.time() + KEPT_SECONDS, status)
    return status


def _described(hosted: str, request: Request, service: Service) -> str:
    reply = service.client.send(
        "sagemaker",
        "POST",
        f"{service.settings.url('sagemaker')}/",
        headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "SageMaker.DescribeEndpoint"},
        body=json.dumps({"EndpointName": hosted}).encode(),
        deadline=min(request.deadline, time.monotonic() + LONGEST_SECONDS),
    )
    if reply.status == 200:
        return STATUSES.get(strict_json.loads(reply.body)["EndpointStatus"], UNKNOWN)
    if reply.status == 400 and b"Could not find endpoint" in reply.body:
        return NO_MODEL_YET
    raise UnavailableError(f"DescribeEndpoint answered {reply.status} {reply.body[:200]!r}")
