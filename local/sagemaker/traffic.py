"""Which fleet of an endpoint answers a request, while there are two."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from local.sagemaker.fleet import Fleet


@dataclass(frozen=True)
class Traffic:
    """The fleet that serves, and a new one with its share of each variant's traffic during an update.

    It is replaced whole, so that a request sees one state of it.
    """

    serving: Fleet
    new: Fleet | None = None
    shares: Mapping[str, float] | None = None

    def choose(self, target: str | None, draw: Callable[[], float] = random.random) -> tuple[Fleet, str]:
        """Return the fleet and the variant for a request: first the variant by weight, then the fleet by its share.

        KeyError where there is no variant `target`; `draw` gives numbers in [0, 1).
        """
        shares = self.shares or {}
        # Weights that an update changes count once all traffic is on the new fleet.
        has_moved = self.new is not None and all(share >= 1 for share in shares.values())
        weighing = self.new if self.new and has_moved else self.serving
        name = target or weighing.choose(draw)
        is_new = self.new is not None and draw() < shares[name]
        fleet = self.new if self.new and is_new else self.serving
        if name not in fleet.variants:
            raise KeyError(name)
        return fleet, name
