"""Shares of the traffic: read from the command line, computed from weights, and the steps from one to another.

A share is in percent; the shares of an endpoint's variants sum up to 100.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ops.session import OpsError

Shares = dict[str, float]

EXAMPLE = "Write each variant's share in percent: linear=70 xgboost=30"
# What floating-point sums may be off.
_EPSILON = 1e-6


def read(arguments: Sequence[str]) -> Shares:
    """`["linear=70", "xgboost=30"]` -> shares. Raises OpsError unless it names each once and sums up to 100."""
    found: Shares = {}
    for argument in arguments:
        name, equals, text = argument.partition("=")
        if not equals:
            raise OpsError(f"{argument!r} is no share. {EXAMPLE}")
        if name in found:
            raise OpsError(f"Variant {name} is named twice. {EXAMPLE}")
        found[name] = _share(name, text)
    total = math.fsum(found.values())
    if not math.isclose(total, 100, abs_tol=_EPSILON):
        raise OpsError(f"The shares sum up to {total:g}, not to 100. {EXAMPLE}")
    return found


def check_variants(shares: Shares, variants: Sequence[str]) -> None:
    """Raise OpsError unless the shares are of all of an endpoint's variants, and of no other."""
    unknown = [name for name in shares if name not in variants]
    if unknown:
        raise OpsError(f"The endpoint has no variant {unknown[0]!r}. It has: {', '.join(variants)}.")
    missing = [name for name in variants if name not in shares]
    if missing:
        raise OpsError(f"Nothing is said of {', '.join(missing)}. {EXAMPLE}, and 0 for one that gets none.")


def _share(name: str, text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        raise OpsError(f"The share of {name} is {text!r}, which is no number. {EXAMPLE}") from None
    if not 0 <= share <= 100:  # also what is no finite number
        raise OpsError(f"The share of {name} is {text}; a share is from 0 to 100. {EXAMPLE}")
    return share


def of_weights(weights: Mapping[str, float]) -> Shares:
    """The shares that weights mean, which are relative to each other. One of them at least is above 0."""
    total = math.fsum(weights.values())
    return {name: 100 * weight / total for name, weight in weights.items()}


def steps(start: Shares, target: Shares, largest: float) -> list[Shares]:
    """Shares after each step, the last of them exactly `target`; no variant's changes by more than `largest` at once.

    Empty where the two are the same.
    """
    distance = max(abs(target[name] - start[name]) for name in target)
    count = max(1, math.ceil(distance / largest - _EPSILON)) if distance > _EPSILON else 0
    between = [
        {name: start[name] + (target[name] - start[name]) * number / count for name in target}
        for number in range(1, count)
    ]
    return [*between, dict(target)] if count else []


def shown(shares: Mapping[str, float]) -> str:
    """`linear=70 xgboost=30`, as the command line takes it."""
    return " ".join(f"{name}={share:.4g}" for name, share in shares.items())


def same(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Whether shares are the same but for rounding."""
    return one.keys() == other.keys() and all(math.isclose(one[name], other[name], abs_tol=1e-3) for name in one)
