"""Woken by package changes, stack changes and a schedule; does for each endpoint the one next step."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Any

import boto3
from botocore.config import Config

from release.cloud import Cloud, StackGoneError
from release.reconcile import Decision, Nothing, Reject, Update, decide
from release.settings import Endpoint, endpoints

_CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 4})
_ENDPOINTS = endpoints(os.environ)
_CLOUD = Cloud(boto3.client("cloudformation", config=_CONFIG), boto3.client("sagemaker", config=_CONFIG))


def handle(event: dict[str, Any], context: object) -> list[dict[str, Any]]:
    """One log line and one result for each endpoint: what was decided and why.

    An endpoint that cannot be looked at keeps nobody else from being released: its error is raised in the end.
    """
    results, failures = [], []
    for endpoint in _ENDPOINTS:
        try:
            decision = reconcile(endpoint, _CLOUD)
        except Exception as error:
            failures.append(error)
            continue
        result = {"stack": endpoint.stack, "decision": type(decision).__name__, **asdict(decision)}
        print(json.dumps(result, default=str))
        results.append(result)
    if failures:
        raise ExceptionGroup("not every endpoint could be reconciled", failures)
    return results


def reconcile(endpoint: Endpoint, cloud: Cloud) -> Decision:
    """Decide and do one step."""
    try:
        stack = cloud.stack(endpoint)
    except StackGoneError:
        return Nothing("there is no such stack")
    decision = decide(endpoint, stack, cloud.approved(endpoint))
    if isinstance(decision, Update) and not cloud.update(endpoint, stack, decision):
        return Nothing("another update came first")
    if isinstance(decision, Reject):
        cloud.reject(decision)
    return decision
