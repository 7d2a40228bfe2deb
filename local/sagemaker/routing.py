"""Which instance of an endpoint answers a request, while there may be two fleets."""

from collections.abc import Callable

from local.sagemaker.errors import ApiError
from local.sagemaker.instances import Instance
from local.sagemaker.serverless import ServerlessVariant
from local.sagemaker.starting import FleetError
from local.sagemaker.traffic import Traffic
from local.sagemaker.variant_fleet import VariantFleet

Picked = tuple[VariantFleet, Instance]


class NoInstanceError(Exception):
    """None of the variant's model servers runs, or none can be started; `str()` says so."""

    def __init__(self, variant: VariantFleet, message: str = "No model server of this variant runs.") -> None:
        super().__init__(message)
        self.variant = variant


class Router:
    """Routes the requests of one endpoint. `traffic` answers what serves just now; None while nothing does."""

    def __init__(self, endpoint: str, traffic: Callable[[], Traffic | None]) -> None:
        self._endpoint = endpoint
        self._traffic = traffic

    async def acquire(self, target: str | None) -> Picked | None:
        """Return a variant and an instance of it that counts one more request; None while nothing serves."""
        while traffic := self._traffic():
            try:
                fleet, name = traffic.choose(target)
            except KeyError:
                message = f"Variant {target} of endpoint {self._endpoint} not found."
                raise ApiError("ValidationError", message) from None
            variant, instance = fleet.pick(name)
            if isinstance(variant, ServerlessVariant):
                try:
                    return variant, await variant.acquire()
                except FleetError as failure:
                    if self._is_replaced(traffic):
                        continue
                    raise NoInstanceError(variant, str(failure)) from failure
            if instance is None:
                raise NoInstanceError(variant)
            if instance.acquire():
                return variant, instance
        return None

    async def acquire_if_any(self) -> Picked | None:
        """Return the same; None also where no instance of the variant runs."""
        try:
            return await self.acquire(None)
        except NoInstanceError:
            return None

    def acquire_shadow(self) -> Picked | None:
        """Return the shadow and an instance of it that counts a copy of the request; None if none is to be sent."""
        traffic = self._traffic()
        picked = traffic.serving.pick_shadow() if traffic else None
        return picked if picked and picked[1].acquire() else None

    def _is_replaced(self, traffic: Traffic) -> bool:
        now = self._traffic()
        return now is None or now.serving is not traffic.serving
