"""Which variant answers a request."""

import random
from collections.abc import Callable, Mapping


def choose(weights: Mapping[str, float], draw: Callable[[], float] = random.random) -> str:
    """Return a variant by chance, each in proportion to its weight; `draw` gives a number in [0, 1)."""
    point = draw() * sum(weights.values())
    chosen = next(iter(weights))
    for name, weight in weights.items():
        if weight > 0:
            chosen = name
            if point < weight:
                break
            point -= weight
    return chosen
