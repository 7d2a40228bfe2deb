"""Instances that fail, die or are taken away while a fleet changes: nothing is left running, and nothing is lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from local.sagemaker import endpoint_metrics, variant_fleet
from local.sagemaker.container_process import UnhealthyError
from local.sagemaker.endpoint import Endpoint
from local.sagemaker.fleet import Fleet
from local.sagemaker.rescaling import rescale
from local.sagemaker.serverless import ServerlessVariant
from local.sagemaker.starting import FleetError
from local.sagemaker.state import Region
from local.sagemaker.variant_fleet import VariantFleet
from tests.local.cloud import eventually

MODEL = {"ExecutionRoleArn": "r", "ModelArn": "m"}
CONFIGURATION = {"EndpointConfigName": "c"}


class FakeInstance:
    """An instance without processes: its health check does what `check` says, and it counts its requests."""

    def __init__(self, on_end: Callable[..., None], check: Callable[[FakeInstance], None]) -> None:
        self.on_end, self._check = on_end, check
        self.started = 0.0
        self.busy, self.retired, self.alive = 0, False, True
        self.id = f"fake-{id(self)}"
        self.processes = [self]
        self.log = SimpleNamespace(write=lambda line: None)

    def wait_until_healthy(self, seconds: float) -> None:
        self._check(self)

    def is_alive(self) -> bool:
        return self.alive

    def wait(self) -> int:
        return 3

    def acquire(self) -> bool:
        self.busy += not self.retired
        return not self.retired

    def retire(self, *, drain: bool = True) -> None:
        self.retired, self.alive = True, False


class Factory:
    """Makes the instances of a test; `checks`: what each health check does, in turn, and nothing after that."""

    def __init__(self) -> None:
        self.made: list[Any] = []
        self.checks: list[Callable[[FakeInstance], None]] = []

    def __call__(self, containers: object, session: object, open_log: object, on_end: Callable[..., None]) -> Any:
        check = self.checks.pop(0) if self.checks else _pass
        self.made.append(FakeInstance(on_end, check))
        return self.made[-1]

    @property
    def running(self) -> list[Any]:
        return [instance for instance in self.made if instance.alive]


def _remove(things: list[object], thing: object) -> None:
    if thing in things:
        things.remove(thing)


def _pass(instance: FakeInstance) -> None:
    pass


def _fail(instance: FakeInstance) -> None:
    raise UnhealthyError("primary", "no /ping")


@pytest.fixture
def factory(monkeypatch: pytest.MonkeyPatch) -> Factory:
    factory = Factory()
    monkeypatch.setattr(variant_fleet, "Instance", factory)
    monkeypatch.setattr(variant_fleet, "RoleSession", lambda *_, **__: None)
    monkeypatch.setattr("local.sagemaker.containers.of", lambda *_, **__: [])
    return factory


def _variant(name: str = "only", instances: int = 1) -> VariantFleet:
    variant = {"VariantName": name, "InitialVariantWeight": 1, "InitialInstanceCount": instances}
    fleet = VariantFleet("endpoint", variant, MODEL, CONFIGURATION)
    fleet.prepare()
    fleet.scale(instances)
    return fleet


def _serverless(concurrency: int = 5) -> ServerlessVariant:
    config = {"MemorySizeInMB": 2048, "MaxConcurrency": concurrency}
    variant = {"VariantName": "only", "InitialVariantWeight": 1, "ServerlessConfig": config}
    fleet = ServerlessVariant("endpoint", variant, MODEL, CONFIGURATION)
    fleet.prepare()
    return fleet


@pytest.mark.parametrize("make", [_variant, _serverless])
def should_leave_nothing_of_a_scaling_that_fails(factory: Factory, make: Callable[[], VariantFleet]) -> None:
    variant = make()
    before, served = variant.wanted, list(factory.running)
    factory.checks = [_pass, _fail, _pass]
    with pytest.raises(FleetError, match="did not pass the ping health check"):
        variant.scale(before + 3)
    assert factory.running == served == variant.instances
    assert variant.wanted == before


def should_keep_a_serverless_variants_settings_where_a_change_of_them_fails(factory: Factory) -> None:
    variant = _serverless()
    before = variant.config
    factory.checks = [_fail]
    with pytest.raises(FleetError):
        variant.reconfigure({"ProvisionedConcurrency": 1, "MaxConcurrency": 9})
    assert variant.config == before


def should_replace_an_instance_that_died_while_its_sibling_started(factory: Factory) -> None:
    replaced = threading.Event()

    def sibling_dies(instance: FakeInstance) -> None:
        dead = factory.made[1]
        dead.alive = False
        dead.on_end(dead, dead, 3)  # nobody lists it yet

    variant = _variant()
    factory.checks = [_pass, sibling_dies, lambda instance: replaced.set()]
    variant.scale(3)
    assert replaced.wait(10)
    assert eventually(lambda: all(instance.is_alive() for instance in variant.instances))
    assert len(variant.instances) == 3 and factory.made[1] not in variant.instances


def should_replace_a_dead_instance_once_whoever_notices_it(factory: Factory) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(instance: FakeInstance) -> None:
        started.set()
        assert go_on.wait(10)

    variant = _variant()
    (dead,) = factory.made
    dead.alive = False
    factory.checks = [slow]
    first = threading.Thread(target=dead.on_end, args=(dead, dead, 3))
    first.start()
    assert started.wait(10)
    dead.on_end(dead, dead, 3)
    go_on.set()
    first.join()
    assert len(factory.made) == 2 and variant.instances == factory.running


def should_start_no_process_for_a_serverless_variant_that_was_taken_away(factory: Factory) -> None:
    variant = _serverless()
    variant.retire(drain=True)
    with pytest.raises(FleetError):
        asyncio.run(variant.acquire())
    assert not factory.made


def should_end_a_cold_start_whose_variant_is_taken_away(factory: Factory) -> None:
    variant = _serverless()
    factory.checks = [lambda instance: variant.retire(drain=True)]
    with pytest.raises(FleetError, match="replaced"):
        asyncio.run(variant.acquire())
    assert not factory.running and not variant.instances and not variant._starting.instances


def should_forget_a_cold_start_that_fails(factory: Factory) -> None:
    variant = _serverless()
    factory.checks = [_fail]
    with pytest.raises(FleetError):
        asyncio.run(variant.acquire())
    assert not factory.running and not variant._starting.instances
    asyncio.run(variant.acquire())
    assert variant.instances == factory.running


def should_change_all_capacities_and_weights_or_none(factory: Factory) -> None:
    one, other = _variant("one"), _variant("other")
    fleet = Fleet(CONFIGURATION, [one, other])
    factory.checks = [_pass, _fail]
    desired = [{"VariantName": name, "DesiredInstanceCount": 2, "DesiredWeight": 5} for name in ("one", "other")]
    with pytest.raises(FleetError):
        rescale(fleet, desired)
    assert [(its.weight, its.wanted, len(its.instances)) for its in (one, other)] == [(1, 1, 1)] * 2
    assert len(factory.running) == 2
    rescale(fleet, desired)
    assert [(its.weight, its.wanted, len(its.instances)) for its in (one, other)] == [(5, 2, 2)] * 2


def should_meter_no_queue_of_an_endpoint_that_is_deleted_while_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    metered: list[object] = []
    monkeypatch.setattr(endpoint_metrics, "publish_regularly", metered.append)
    monkeypatch.setattr(endpoint_metrics, "publish_no_more", lambda source: _remove(metered, source))
    monkeypatch.setattr("local.sagemaker.endpoint_description.state_changed", lambda *_: None)
    started, cancelled = threading.Event(), threading.Event()

    class StartsAllTheSame(Fleet):
        def start(self) -> None:
            started.set()
            assert cancelled.wait(10)  # too late: everything is healthy

        def cancel(self) -> None:
            cancelled.set()

    record = {"EndpointName": "e", "EndpointArn": "arn:e", "EndpointStatus": "Creating"}
    endpoint = Endpoint(Region("123456789012", "eu-west-1"), record)
    endpoint.deploy(StartsAllTheSame({**CONFIGURATION, "AsyncInferenceConfig": {"OutputConfig": {}}}, []))
    assert started.wait(10)
    endpoint.end()
    assert endpoint.asynchronous is not None and not metered
