"""How the traffic of an update moves, step by step, and what ends it: without processes."""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local import hooks
from local.sagemaker import rollout
from local.sagemaker.deployment import Deployment, RolledBackError
from local.sagemaker.errors import ApiError
from local.sagemaker.fleet import Fleet
from local.sagemaker.rollout import Rollout, Size
from local.sagemaker.starting import FleetError
from local.sagemaker.traffic import Traffic
from tests.local.sagemaker.updates import Json, canary, deployment_config

# The steps


def should_move_everything_at_once_by_default() -> None:
    assert rollout.read(None).shares({"a": 3}) == [{"a": 1.0}]


def should_move_a_canary_first() -> None:
    assert rollout.read(deployment_config(canary(10))).shares({"a": 1, "b": 4}) == [
        {"a": 0.1, "b": 0.1},
        {"a": 1, "b": 1},
    ]
    by_count = {**canary(), "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1}}
    assert rollout.read(deployment_config(by_count)).shares({"a": 2, "b": 4}) == [
        {"a": 0.5, "b": 0.25},
        {"a": 1, "b": 1},
    ]


def should_move_in_linear_steps() -> None:
    size = {"Type": "CAPACITY_PERCENT", "Value": 30}
    routing = {"Type": "LINEAR", "WaitIntervalInSeconds": 0, "LinearStepSize": size}
    assert [step["a"] for step in rollout.read(deployment_config(routing)).shares({"a": 1})] == [0.3, 0.6, 0.9, 1.0]


@given(
    st.sampled_from(["CANARY", "LINEAR"]),
    st.integers(1, 100),
    st.booleans(),
    st.dictionaries(st.sampled_from("abc"), st.integers(1, 50), min_size=1),
)
def should_only_ever_give_the_new_fleet_more(kind: str, value: int, percent: bool, counts: dict[str, int]) -> None:
    steps = Rollout(kind=kind, size=Size(value, percent)).shares(counts)
    assert steps[-1] == dict.fromkeys(counts, 1.0)
    for earlier, later in itertools.pairwise(steps):
        assert all(0 < earlier[name] <= later[name] for name in counts) and earlier != later


@pytest.mark.parametrize(
    ("routing", "message"),
    [
        ({"Type": "CANARY", "WaitIntervalInSeconds": 0}, "CANARY needs CanarySize"),
        ({**canary(), "LinearStepSize": {"Type": "INSTANCE_COUNT", "Value": 1}}, "CANARY has no LinearStepSize"),
        ({**canary(), "Type": "ALL_AT_ONCE"}, "ALL_AT_ONCE has no CanarySize"),
    ],
)
def should_refuse_sizes_that_do_not_go_with_the_type(routing: Json, message: str) -> None:
    with pytest.raises(ApiError, match=message):
        rollout.read(deployment_config(routing))


@pytest.mark.parametrize(
    ("deployment", "message"),
    [
        (
            deployment_config(canary(60)),
            "CanarySize is 60 percent of the 1 instance.s. of variant a; it must be 50 percent at most",
        ),
        (
            deployment_config({**canary(), "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1}}),
            "CanarySize is 100 percent of the 1",
        ),
        (
            deployment_config(
                {
                    "Type": "LINEAR",
                    "WaitIntervalInSeconds": 0,
                    "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 5},
                }
            ),
            "must be from 10 to 50",
        ),
        (
            deployment_config(canary(10, wait=300), TerminationWaitInSeconds=10, MaximumExecutionTimeoutInSeconds=600),
            "must be larger than all waiting times together.*which are 610 seconds",
        ),
    ],
)
def should_refuse_what_does_not_fit_the_endpoint(
    monkeypatch: pytest.MonkeyPatch, deployment: Json, message: str
) -> None:
    monkeypatch.setattr(hooks, "missing_alarms", lambda names: [])
    with pytest.raises(ApiError, match=message):
        rollout.read(deployment).check({"a": 1})


# Which fleet a request goes to


class FakeFleet:
    """A fleet without processes, that notes what is done with it."""

    def __init__(self, weights: dict[str, float], *, on_start: Callable[[], None] = lambda: None) -> None:
        self.done: list[str] = []
        self.weights = weights
        self.shadows: Json = {}
        self.configuration = {"EndpointConfigName": "new", "ProductionVariants": [{"VariantName": n} for n in weights]}
        self.variants = {
            name: SimpleNamespace(
                name=name, wanted=2, instances=[], description=lambda name=name: {"VariantName": name}
            )
            for name in weights
        }
        self._on_start = on_start

    def choose(self, draw: Callable[[], float]) -> str:
        return max(self.weights, key=lambda name: self.weights[name])

    def start(self) -> None:
        self.done.append("start")
        self._on_start()

    def cancel(self) -> None:
        self.done.append("cancel")

    def retire(self, *, drain: bool) -> None:
        self.done.append("drained" if drain else "killed")


def _fleet(**weights: float) -> Any:
    return cast(Fleet, FakeFleet(weights or {"a": 1.0}))


def should_choose_the_variant_by_weight_and_then_the_fleet_by_share() -> None:
    old, new = _fleet(a=2, b=1), _fleet(a=1, b=2)
    draw = random.Random(7).random  # noqa: S311 - chance, not secrecy
    split = Traffic(old, new, {"a": 0.25, "b": 1.0})
    seen = Counter(split.choose(None, draw) for _ in range(2000))
    assert set(seen) == {(old, "a"), (new, "a")}
    assert abs(seen[new, "a"] - 500) <= 3 * (2000 * 0.25 * 0.75) ** 0.5
    assert split.choose("b", draw) == (new, "b")


def should_use_the_new_weights_once_all_traffic_has_moved() -> None:
    old, new = _fleet(a=2, b=1), _fleet(a=1, b=2)
    assert Traffic(old, new, {"a": 1.0, "b": 1.0}).choose(None) == (new, "b")
    assert Traffic(old).choose(None) == (old, "a")
    with pytest.raises(KeyError):
        Traffic(old).choose("c")


# What ends an update


class Update:
    """A deployment without processes: `alarms` answers which are in ALARM, and `stages` what was told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, plan: Rollout, new: Any = None) -> None:
        self.alarms: Callable[[], list[str]] = list
        self.stages: list[str] = []
        self.new = new or _fleet()
        self.deployment = Deployment(
            _fleet(), self.new, plan, deleted=threading.Event(), announce=lambda: self.stages.append(self._stage())
        )
        monkeypatch.setattr(hooks, "in_alarm", lambda names: [name for name in names if name in self.alarms()])

    def _stage(self) -> str:
        (variant,) = self.deployment.summary()["ProductionVariants"]
        return str(variant["VariantStatus"][0]["StatusMessage"])

    def reason(self) -> str | None:
        """The reason for which the update is rolled back."""
        with pytest.raises(RolledBackError) as ended:
            self.deployment.run()
        assert self.deployment.traffic.new is None
        return ended.value.reason


_PLAN = Rollout(kind="CANARY", size=Size(50, is_percent=True), alarms=("slow",))


def should_tell_each_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    update = Update(monkeypatch, Rollout(**{**vars(_PLAN), "termination_seconds": 0.01}))
    update.deployment.run()
    assert update.stages == [
        "Launching 2 instance(s).",
        "Activating traffic on canary capacity of 1 instance(s).",
        "Baking for 0 seconds (WaitIntervalInSeconds) with traffic enabled on canary capacity of 1 instance(s).",
        "Activating traffic on full capacity of 2 instance(s).",
        "Baking for 0 seconds (WaitIntervalInSeconds) with traffic enabled on full capacity of 2 instance(s).",
        "Baking for 0.01 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity of 2 instance(s).",
    ]


def should_start_nothing_under_an_alarm_that_is_on_already(monkeypatch: pytest.MonkeyPatch) -> None:
    update = Update(monkeypatch, _PLAN)
    update.alarms = lambda: ["slow"]
    assert update.reason() is None
    assert update.new.done == []


@pytest.mark.parametrize("moment", ["canary capacity", "WaitIntervalInSeconds) with traffic enabled on full", "Termin"])
def should_go_back_when_an_alarm_goes_off_in_any_wait(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    update = Update(monkeypatch, Rollout(**{**vars(_PLAN), "termination_seconds": 0.01}))
    update.alarms = lambda: ["slow"] if any(moment in stage for stage in update.stages) else []
    assert update.reason() is None
    update.deployment.clean_up()
    assert update.new.done == ["start", "drained"]


def should_go_back_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    update = Update(monkeypatch, Rollout(wait_seconds=60, timeout_seconds=0.05))
    assert update.reason() == "The update did not end within 0.05 seconds (MaximumExecutionTimeoutInSeconds)."


def should_give_up_a_start_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up = threading.Event()

    def start() -> None:
        assert given_up.wait(10)
        raise FleetError("The deployment was cancelled.")

    new = FakeFleet({"a": 1.0}, on_start=start)
    monkeypatch.setattr(new, "cancel", given_up.set)
    update = Update(monkeypatch, Rollout(timeout_seconds=0.05), new)
    assert "MaximumExecutionTimeoutInSeconds" in str(update.reason())
