"""Woken by package changes, stack changes and a schedule; does for each endpoint the one next step."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from release import janitor
from release.cloud import Cloud, StackGoneError
from release.decision import Decision, Dropped, Nothing, Reject, Stack, Stuck, Update
from release.message import description, message
from release.reconcile import decide
from release.settings import Endpoint, endpoints, topic

_CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 4})
_ENDPOINTS = endpoints(os.environ)
_CLOUD = Cloud(
    cloudformation=boto3.client("cloudformation", config=_CONFIG),
    sagemaker=boto3.client("sagemaker", config=_CONFIG),
    cloudwatch=boto3.client("cloudwatch", config=_CONFIG),
    sns=boto3.client("sns", config=_CONFIG),
    topic=topic(os.environ),
)
# What is left of them after botocore's own retries: AWS wants less, so the next wake-up is soon enough.
_THROTTLED = frozenset(
    {
        *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException"),
        *("TooManyRequestsException", "RequestLimitExceeded", "SlowDown"),
    }
)


def handle(event: dict[str, Any], context: object) -> list[dict[str, Any]]:
    """One log line and one result for each endpoint: what was decided and why.

    An endpoint that cannot be looked at keeps nobody else from being released: its error is raised in the end.
    """
    results, failures = [], []
    for endpoint in _ENDPOINTS:
        try:
            result = _step(endpoint, _CLOUD, event)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _THROTTLED:
                failures.append(error)
                continue
            result = _result(endpoint, Nothing(f"left for the next wake-up: {error}"))
        except Exception as error:
            failures.append(error)
            continue
        print(json.dumps(result, default=str))
        results.append(result)
    if failures:
        raise ExceptionGroup("not every endpoint could be reconciled", failures)
    return results


def _step(endpoint: Endpoint, cloud: Cloud, event: Mapping[str, Any]) -> dict[str, Any]:
    try:
        stack = cloud.stack(endpoint)
    except StackGoneError:
        return _result(endpoint, Nothing("there is no such stack"))
    paused = cloud.registry.paused(endpoint)
    decision = decide(endpoint, stack, cloud.registry.approved(endpoint), paused)
    done = _do(endpoint, cloud, stack, decision, news=_is_news(event, endpoint, stack))
    clean = isinstance(done, Nothing | Dropped) and done.at_rest and paused is None
    return {**_result(endpoint, done), **({"removed": _clean(endpoint, cloud)} if clean else {})}


def _do(endpoint: Endpoint, cloud: Cloud, stack: Stack, decision: Decision, *, news: bool) -> Decision:
    """Take the step and tell the operators: of an update that began, of a package that is rejected, of trouble once."""
    if isinstance(decision, Update):
        if not cloud.update(endpoint, stack, decision):
            return Nothing("another update came first")
        if not decision.again:
            _tell(endpoint, cloud, stack, decision)
    if isinstance(decision, Reject):
        # Told first: who is killed in between tells it twice, not never. A topic that fails saves no package.
        try:
            _tell(endpoint, cloud, stack, decision)
        finally:
            cloud.registry.reject(decision.package, description(endpoint, stack, decision))
    if isinstance(decision, Stuck | Dropped) and news:
        _tell(endpoint, cloud, stack, decision)
    return decision


def _tell(endpoint: Endpoint, cloud: Cloud, stack: Stack, decision: Decision) -> None:
    if told := message(endpoint, stack, decision):
        cloud.tell(told)


def _is_news(event: Mapping[str, Any], endpoint: Endpoint, stack: Stack) -> bool:
    """The stack itself says that it has just come to this status, and not by repeating what failed before.

    A standing trouble is seen at every wake-up and should be told once: CloudFormation sends one event for each status.
    """
    detail = event.get("detail", {})
    of_stack = f":stack/{endpoint.stack}/" in detail.get("stack-id", "")
    same_status = detail.get("status-details", {}).get("status") == stack.status
    return of_stack and same_status and not stack.repeated


def _clean(endpoint: Endpoint, cloud: Cloud) -> list[str]:
    resources, live = cloud.resources(endpoint.stack), cloud.hosting.live(endpoint.name)
    if live is None or not janitor.may_clean(endpoint, resources, live):
        return []
    used = janitor.in_use(resources, live)
    return janitor.clean(cloud.sagemaker, endpoint, used, datetime.datetime.now(datetime.UTC))


def _result(endpoint: Endpoint, decision: Decision) -> dict[str, Any]:
    return {"stack": endpoint.stack, "decision": type(decision).__name__, **asdict(decision)}
