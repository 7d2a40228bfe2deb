"""How and when a request to S3 was signed: the condition keys s3:authType and s3:signatureAge.

Source: Amazon S3 API reference, "Amazon S3 signature version 4 authentication specific policy keys".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local.hooks import internals

_actions = internals.module("core.iam_actions")


def _keys(query: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, str]:
    in_query = bool(_actions._query_param(query, "X-Amz-Signature"))
    at = _actions._query_param(query, "X-Amz-Date") if in_query else headers.get("x-amz-date", "")
    try:
        signed = datetime.strptime(at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:  # unsigned, or by another version
        return {}
    age = max(0.0, (datetime.now(UTC) - signed).total_seconds())
    return {"s3:authtype": "REST-QUERY-STRING" if in_query else "REST-HEADER", "s3:signatureage": str(int(age * 1000))}


def _install() -> None:
    original = _actions.s3_service_context

    def s3_service_context(action: str, query: Any, path: str = "", headers: Any = None) -> dict[str, Any]:
        return {**original(action, query, path, headers), **_keys(query or {}, headers or {})}

    _actions.s3_service_context = s3_service_context


_install()
