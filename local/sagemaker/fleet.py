"""The variants of an endpoint that were started together: one side of a blue/green update."""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local import hooks
from local.sagemaker.instances import Instance
from local.sagemaker.variant_fleet import VariantFleet
from local.sagemaker.weights import choose

Record = dict[str, Any]


class Fleet:
    """All variants of one endpoint configuration; a shadow variant gets copies of requests and answers nobody."""

    def __init__(
        self, configuration: Record, variants: Sequence[VariantFleet], shadows: Sequence[VariantFleet] = ()
    ) -> None:
        self.configuration = configuration
        self.variants = {variant.name: variant for variant in variants}
        self.shadows = {variant.name: variant for variant in shadows}

    @property
    def all_variants(self) -> dict[str, VariantFleet]:
        """The production variants and the shadow by name."""
        return {**self.variants, **self.shadows}

    def start(self) -> None:
        """Start every instance and wait for its health check; FleetError, with nothing left running, if one fails."""
        try:
            with ThreadPoolExecutor(len(self.all_variants)) as pool:
                list(pool.map(hooks.in_request_scope(_start), self.all_variants.values()))
        except BaseException:
            self.retire(drain=False)
            raise
        for variant in self.all_variants.values():
            variant.open()

    def cancel(self) -> None:
        """Give up a start that is under way."""
        for variant in self.all_variants.values():
            variant.cancel()

    def retire(self, *, drain: bool) -> None:
        """End every instance, each after its requests if `drain`."""
        for variant in self.variants.values():
            variant.retire(drain=drain)
        for shadow in self.shadows.values():
            shadow.retire(drain=False)  # nobody waits for its answers

    def choose(self, draw: Callable[[], float] = random.random) -> str:
        """Return a production variant's name, by weight; `draw` gives a number in [0, 1)."""
        return choose({variant.name: variant.weight for variant in self.variants.values()}, draw)

    def pick(self, target: str | None) -> tuple[VariantFleet, Instance | None]:
        """Return a variant, by weight or the one asked for, and its least busy living instance."""
        variant = self.variants[target or self.choose()]
        return variant, _least_busy(variant)

    def pick_shadow(self, draw: Callable[[], float] = random.random) -> tuple[VariantFleet, Instance] | None:
        """Return where the copy of a request goes, if it is one of the sample.

        The sample is the shadow's weight relative to the production variant's; `draw` gives a number in [0, 1).
        """
        for shadow in self.shadows.values():
            (production,) = self.variants.values()
            instance = _least_busy(shadow)
            if instance and draw() * production.weight < shadow.weight:
                return shadow, instance
        return None

    def descriptions(self) -> Record:
        """Return the variants as DescribeEndpoint shows them."""
        shadows = [variant.description() for variant in self.shadows.values()]
        return {
            "ProductionVariants": [variant.description() for variant in self.variants.values()],
            **({"ShadowProductionVariants": shadows} if shadows else {}),
        }


def _least_busy(variant: VariantFleet) -> Instance | None:
    living = [instance for instance in variant.instances if instance.is_alive()]
    return min(living, key=lambda instance: instance.busy, default=None)


def _start(variant: VariantFleet) -> None:
    variant.prepare()
    variant.scale(variant.wanted)
