"""Lambda functions: how long a call waits for its log lines, and what a version shares with its function."""

from __future__ import annotations

from typing import Any

from local.hooks import internals

_EXPECTED = (0.050, 0.005, 0.250)


def shorten_log_wait(*, first_line: float, silence: float) -> None:
    """Wait at most `first_line` seconds for a first log line, and `silence` seconds after each."""
    drain = internals.module("core.lambda_runtime").Worker._drain_stderr_bounded
    if drain.__defaults__ != _EXPECTED:
        raise RuntimeError(f"Worker._drain_stderr_bounded has defaults {drain.__defaults__}, expected {_EXPECTED}.")
    drain.__defaults__ = (first_line, silence, _EXPECTED[2])


def share_reserved_concurrency() -> None:
    """Let versions and aliases take part in the reserved concurrency of their function, which MiniStack asks for it."""
    functions = internals.module("services.lambda_svc")
    original = functions._reserved_concurrency

    def reserved_concurrency(function: dict[str, Any], config: dict[str, Any]) -> int | None:
        found: int | None = original(function, config)
        own = functions._functions.get(config.get("FunctionName", "")) if found is None else None
        return int(own["concurrency"]) if own and own.get("concurrency") is not None else found

    functions._reserved_concurrency = reserved_concurrency
