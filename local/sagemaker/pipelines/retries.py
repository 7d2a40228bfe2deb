"""Retry policies of steps: which failures are tried again, how often and after how long.

Source: "Retry Policy for Pipeline Steps" of the SageMaker developer guide.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.sagemaker.errors import require_only, validation
from local.sagemaker.timing import timing

Json = dict[str, Any]

THROTTLING = "Step.THROTTLING"
SERVICE_FAULT = "Step.SERVICE_FAULT"
INTERNAL_ERROR = "SageMaker.JOB_INTERNAL_ERROR"
CAPACITY_ERROR = "SageMaker.CAPACITY_ERROR"
RESOURCE_LIMIT = "SageMaker.RESOURCE_LIMIT"
RETRIED_TYPES = ("Processing", "Training", "Tuning", "Model", "RegisterModel", "Transform")
_EXCEPTIONS = (SERVICE_FAULT, THROTTLING, INTERNAL_ERROR, CAPACITY_ERROR, RESOURCE_LIMIT)
_FIELDS = ("ExceptionType", "IntervalSeconds", "BackoffRate", "MaxAttempts", "ExpireAfterMin")
_LONGEST_INTERVAL = 43_200
_MOST_ATTEMPTS = 20
_LONGEST_EXPIRY_MINUTES = 14_400
_CODES: Mapping[str, str] = {
    **dict.fromkeys(("ThrottlingException", "Throttling", "TooManyRequestsException"), THROTTLING),
    **dict.fromkeys(("RequestLimitExceeded",), THROTTLING),
    **dict.fromkeys(("InternalFailure", "InternalServerError", "ServiceUnavailable"), SERVICE_FAULT),
    "CapacityError": CAPACITY_ERROR,
    **dict.fromkeys(("ResourceLimitExceeded",), RESOURCE_LIMIT),
}
_REASONS: Mapping[str, str] = {
    "InternalServerError": INTERNAL_ERROR,
    "CapacityError": CAPACITY_ERROR,
    "ResourceLimitExceeded": RESOURCE_LIMIT,
}


@dataclass(frozen=True)
class RetryPolicy:
    """When a failure of these kinds is tried again: at most `attempts` times, or until `expire_minutes` are over."""

    exceptions: tuple[str, ...]
    interval_seconds: float
    backoff: float
    attempts: int | None
    expire_minutes: float | None


def policies_of(step: str, kind: str, given: Sequence[Json]) -> tuple[RetryPolicy, ...]:
    """Return a step's policies; ValidationException for what is not sound."""
    if given and kind not in RETRIED_TYPES:
        raise validation(f"Step {step}: RetryPolicies are for steps of type {', '.join(RETRIED_TYPES)}, not {kind}.")
    return tuple(_policy(f"Step {step}: RetryPolicies", policy) for policy in given)


def _policy(where: str, given: Json) -> RetryPolicy:
    require_only(where, given, _FIELDS)
    exceptions = tuple(given.get("ExceptionType") or ())
    unknown = [name for name in exceptions if name not in _EXCEPTIONS]
    if unknown or not exceptions:
        raise validation(f"{where}: ExceptionType {unknown or 'is missing'}; known are {', '.join(_EXCEPTIONS)}.")
    if ("MaxAttempts" in given) and ("ExpireAfterMin" in given):
        raise validation(f"{where}: give MaxAttempts or ExpireAfterMin, not both.")
    expire = _bounded(where, given, "ExpireAfterMin", None, 1, _LONGEST_EXPIRY_MINUTES)
    attempts = _bounded(where, given, "MaxAttempts", None if expire else 5, 1, _MOST_ATTEMPTS)
    return RetryPolicy(
        exceptions=exceptions,
        interval_seconds=_bounded(where, given, "IntervalSeconds", 1, 0, _LONGEST_INTERVAL) or 0.0,
        backoff=_bounded(where, given, "BackoffRate", 2.0, 0, 100) or 0.0,
        attempts=None if attempts is None else int(attempts),
        expire_minutes=expire,
    )


def _bounded(where: str, given: Json, field: str, default: float | None, least: float, most: float) -> float | None:
    value = given.get(field, default)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise validation(f"{where}: {field} {value!r} is not a number from {least} to {most}.")
    return value


def kind_of_code(code: str) -> str | None:
    """Return the exception type of an API's error code."""
    return _CODES.get(code)


def kind_of_reason(reason: str) -> str | None:
    """Return the exception type of a job's FailureReason."""
    return _REASONS.get(reason.partition(":")[0])


class Retries:
    """The retries of one step in one execution."""

    def __init__(self, policies: Sequence[RetryPolicy]) -> None:
        self._policies = policies
        self._used: dict[RetryPolicy, int] = {}
        self._started = time.monotonic()

    def delay_after(self, kind: str | None) -> float | None:
        """Return how many seconds to wait before the next attempt, None where the failure is final."""
        for policy in self._policies:
            if kind in policy.exceptions:
                return self._delay(policy)
        return None

    def _delay(self, policy: RetryPolicy) -> float | None:
        used = self._used.get(policy, 0)
        if policy.attempts is not None and used >= policy.attempts:
            return None
        delay = timing().shortened(policy.interval_seconds * policy.backoff**used)
        if policy.expire_minutes is not None:
            over = time.monotonic() + delay - self._started
            if over > timing().shortened(policy.expire_minutes * 60):
                return None
        self._used[policy] = used + 1
        return delay
