"""Lambda functions: how long MiniStack waits for the log lines of a call."""

from __future__ import annotations

from local.hooks import internals

_EXPECTED = (0.050, 0.005, 0.250)


def shorten_log_wait(*, first_line: float, silence: float) -> None:
    """Wait at most `first_line` seconds for a first log line, and `silence` seconds after each."""
    drain = internals.module("core.lambda_runtime").Worker._drain_stderr_bounded
    if drain.__defaults__ != _EXPECTED:
        raise RuntimeError(f"Worker._drain_stderr_bounded has defaults {drain.__defaults__}, expected {_EXPECTED}.")
    drain.__defaults__ = (first_line, silence, _EXPECTED[2])
