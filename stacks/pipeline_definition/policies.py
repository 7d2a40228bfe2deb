"""What is tried again, and what is not done twice: retry policies and step caching.

Sources: SageMaker developer guide, "Retry policy for pipeline steps" and "Caching pipeline steps".
"""

from __future__ import annotations

from config.schema import Cache
from stacks.pipeline_definition.compute import Step

# The API was too busy: soon again.
_THROTTLED = {
    "ExceptionType": ["Step.SERVICE_FAULT", "Step.THROTTLING"],
    "IntervalSeconds": 10,
    "BackoffRate": 2.0,
    "MaxAttempts": 6,
}
# No machine is free, or the account's quota is used up by other jobs: both may take hours.
_NO_CAPACITY = {
    "ExceptionType": ["SageMaker.CAPACITY_ERROR", "SageMaker.RESOURCE_LIMIT"],
    "IntervalSeconds": 300,
    "BackoffRate": 1.5,
    "ExpireAfterMin": 360,
}
# A machine failed, not the script.
_BROKEN_MACHINE = {
    "ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"],
    "IntervalSeconds": 30,
    "BackoffRate": 2.0,
    "MaxAttempts": 2,
}


def retried(step: Step) -> Step:
    """A step that calls the API, tried again when that is busy."""
    return {**step, "RetryPolicies": [_THROTTLED]}


def job(step: Step, cache: Cache | None) -> Step:
    """A step that runs a job: tried again for lack of machines too, and taken from an earlier execution if cached."""
    result = {**step, "RetryPolicies": [_THROTTLED, _NO_CAPACITY, _BROKEN_MACHINE]}
    if cache and cache.enabled:
        result["CacheConfig"] = {"Enabled": True, "ExpireAfter": f"P{cache.days}D"}
    return result
