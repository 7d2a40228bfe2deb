"""One request at one instance: where it goes when that one is just ending, and what is counted of it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, cast

import pytest

from local.sagemaker import invocations
from local.sagemaker.capture import Exchange
from local.sagemaker.chain import ContainerFailure, Unreachable
from local.sagemaker.connections import Response
from local.sagemaker.instances import Instance
from local.sagemaker.variant_fleet import VariantFleet


class FakeInstance:
    """An instance that answers, or fails, as it is told."""

    def __init__(self, outcome: Response | ContainerFailure) -> None:
        self.outcome = outcome
        self.asked = self.released = 0

    async def answer(self, headers: Mapping[str, str], body: bytes, seconds: float) -> Response:
        self.asked += 1
        if isinstance(self.outcome, ContainerFailure):
            raise self.outcome
        return self.outcome

    def release(self) -> None:
        self.released += 1


class FakeVariant:
    """A variant with these instances, that notes what is counted and captured."""

    def __init__(self, *instances: FakeInstance) -> None:
        self.instances = instances
        self.counted: list[int] = []
        self.captured: list[Exchange] = []
        self.meter = self.capture = self

    def another(self, tried: Collection[FakeInstance]) -> FakeInstance | None:
        return next((instance for instance in self.instances if instance not in tried), None)

    def count(self, status: int, **_: Any) -> None:
        self.counted.append(status)

    def offer(self, exchange: Exchange) -> None:
        self.captured.append(exchange)

    def asked(self) -> Response:
        """The answer to a request that goes to the first instance."""
        given = (cast(VariantFleet, self), cast(Instance, self.instances[0]))
        return asyncio.run(invocations.answer(*given, {}, b"x", 1.0, inference_id="abc"))


_FINE = Response(200, {}, b"fine")
_ENDING = Unreachable("primary", 502, "The model server ended")


def should_go_to_another_instance_where_one_takes_no_connection() -> None:
    variant = FakeVariant(FakeInstance(_ENDING), FakeInstance(_ENDING), FakeInstance(_FINE))
    assert variant.asked() == _FINE
    assert variant.counted == [200]
    assert [(instance.asked, instance.released) for instance in variant.instances] == [(1, 1)] * 3
    assert [(exchange.response, exchange.inference_id) for exchange in variant.captured] == [(b"fine", "abc")]


def should_ask_no_other_instance_about_a_request_that_was_sent() -> None:
    variant = FakeVariant(FakeInstance(ContainerFailure("primary", 502, "gone")), FakeInstance(_FINE))
    with pytest.raises(ContainerFailure, match="gone"):
        variant.asked()
    assert (variant.counted, variant.captured) == ([502], [])
    assert [instance.asked for instance in variant.instances] == [1, 0]
    assert variant.instances[0].released == 1


def should_fail_where_no_instance_is_left() -> None:
    variant = FakeVariant(FakeInstance(_ENDING))
    with pytest.raises(Unreachable):
        variant.asked()
    assert (variant.counted, variant.instances[0].released) == ([502], 1)
