"""Entered by CloudFormation for a custom resource: applies an update, and answers at the address it is given."""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

import boto3
import urllib3
from botocore.config import Config

from live_endpoint.answer import LONGEST_SECONDS, Answer
from live_endpoint.hosted import Hosted
from live_endpoint.properties import read
from live_endpoint.resources import UPDATES
from live_endpoint.scaling import Scaling
from live_endpoint.stack import Stack

_CONFIG = Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 5})
_SAGEMAKER = boto3.client("sagemaker", config=_CONFIG)
_AUTOSCALING = boto3.client("application-autoscaling", config=_CONFIG)
_CLOUDFORMATION = boto3.client("cloudformation", config=_CONFIG)
# urllib3 1.26, in the older runtimes, verifies nothing unless told to.
_HTTPS = urllib3.PoolManager(cert_reqs="CERT_REQUIRED", ca_certs=os.environ.get("AWS_CA_BUNDLE"))
# What is kept of the function's time to say that there was not enough, and to end.
RESERVE_SECONDS = LONGEST_SECONDS + 5.0


class TimeIsUpError(Exception):
    """The function ends before the endpoint is through."""


def handle(event: dict[str, Any], context: Any) -> None:
    """Only an update does anything. Whatever happens, CloudFormation hears of it before the function's time is up.

    A failure that it has heard of is not raised as well: Lambda would repeat the work while the stack rolls back.
    """
    answer = Answer(_HTTPS, event, event.get("PhysicalResourceId") or _physical_id(event))
    end = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS
    # A call that hangs would keep the function from answering: this thread does then.
    watch = threading.Timer(max(0.0, end - time.monotonic()), answer.failure, [_too_late(event)])
    watch.daemon = True
    watch.start()
    try:
        if event["RequestType"] != "Delete":
            _apply(event, _patience(event, end))
    except Exception as error:
        traceback.print_exc()
        answer.failure(str(error) if isinstance(error, TimeIsUpError | ValueError) else _named(error))
    else:
        answer.success()
    finally:
        watch.cancel()


def _apply(event: dict[str, Any], wait: Callable[[float], None]) -> None:
    kind = event["ResourceType"]
    if kind not in UPDATES:
        known = ", ".join(UPDATES)
        raise ValueError(f"ResourceType is {kind!r}; this function knows {known}. Name one of them in the template.")
    new = read(event["ResourceProperties"])
    if event["RequestType"] == "Update":
        old = read(event["OldResourceProperties"])
        hosted, scaling = Hosted(_SAGEMAKER, new.endpoint, wait), Scaling(_AUTOSCALING, new.endpoint)
        UPDATES[kind](old, new, hosted, scaling, Stack(_CLOUDFORMATION, event["StackId"]))


def _patience(event: dict[str, Any], end: float) -> Callable[[float], None]:
    """Sleeps; raises TimeIsUpError where that would take too long."""

    def wait(seconds: float) -> None:
        if time.monotonic() + seconds > end:
            raise TimeIsUpError(_too_late(event))
        time.sleep(seconds)

    return wait


def _physical_id(event: dict[str, Any]) -> str:
    """The same for every request of one resource, so that CloudFormation never takes an update for a replacement."""
    endpoint = event.get("ResourceProperties", {}).get("EndpointName", "endpoint")
    return f"{endpoint}/{event['LogicalResourceId']}"


def _too_late(event: dict[str, Any]) -> str:
    endpoint = event.get("ResourceProperties", {}).get("EndpointName")
    return (
        f"The endpoint {endpoint!r} was not through within the function's time; it must be InService again by then. "
        "Wait until it is, and deploy again."
    )


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
