"""What a target's policies want together, and how its controller does it: cooldowns, failures, busy endpoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from local.sagemaker.autoscaling import activities, controller, policies, records
from local.sagemaker.autoscaling.policies import Cooldown, Proposal, propose
from local.sagemaker.errors import validation
from local.sagemaker.operations import Call
from local.sagemaker.state import Region

_RESOURCE = "endpoint/reviews/variant/only"
_LOW = 1.0
_IDLE = 9.5  # between nine tenths of the target and the target
_TARGET = 10.0


def _target(low: int = 1, high: int = 10, **suspended: bool) -> Any:
    bounds = {"min_capacity": low, "max_capacity": high}
    target = SimpleNamespace(resource_id=_RESOURCE, suspended_state=suspended, **bounds)
    target.update = lambda least, most, _: target.__dict__.update(min_capacity=least, max_capacity=most)
    return target


def _tracking(name: str, **more: Any) -> Any:
    configuration = {
        "TargetValue": _TARGET,
        "CustomizedMetricSpecification": {"Namespace": "Test", "MetricName": name, "Statistic": "Average"},
        **more,
    }
    return SimpleNamespace(
        policy_name=name,
        policy_type="TargetTrackingScaling",
        resource_id=_RESOURCE,
        alarms=[],
        target_tracking_scaling_policy_configuration=configuration,
    )


def _stepping(name: str, adjustment: int) -> Any:
    step = {"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": adjustment}
    return SimpleNamespace(
        policy_name=name,
        policy_type="StepScaling",
        policy_arn=name,
        step_scaling_policy_configuration={"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [step]},
    )


Propose = Callable[..., int | None]


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> Propose:
    """`wanted(policies, values, capacity)`: the capacity for the metrics' values by name; alarms by their policy."""

    def ask(given: list[Any], values: dict[str, float], capacity: int, target: Any = None, **state: Any) -> int | None:
        monkeypatch.setattr(records, "policies", lambda region, resource: given)
        published = "local.sagemaker.autoscaling.metrics.values"
        monkeypatch.setattr(published, lambda metric, *_: [values[metric.name]] * 16)
        monkeypatch.setattr(policies, "alarms_asking_for", lambda arn: [{"AlarmName": "a"}] if arn in values else [])
        options = {"grown": None, "may_shrink": True, **state}
        found = propose(Region("1", "eu-west-1"), target or _target(), capacity, 1000.0, **options)
        return None if found is None else found.capacity

    return ask


def should_take_the_largest_of_what_policies_want(wanted: Propose) -> None:
    several = [_tracking("a"), _tracking("b"), _stepping("c", 1)]
    assert wanted(several, {"a": 20.0, "b": 30.0, "c": 1.0}, 2) == 6
    assert wanted(several, {"a": _LOW, "b": _IDLE, "c": 1.0}, 2) == 3
    assert wanted([_tracking("a"), _tracking("b")], {"a": 2.0, "b": 5.0}, 4) == 2


def should_scale_in_only_if_all_target_tracking_policies_are_low(wanted: Propose) -> None:
    both = [_tracking("a"), _tracking("b")]
    assert wanted(both, {"a": _LOW, "b": _IDLE}, 4) is None
    assert wanted([_tracking("a"), _tracking("b", DisableScaleIn=True)], {"a": _LOW, "b": _IDLE}, 4) == 1


def should_stay_within_the_bounds(wanted: Propose) -> None:
    assert wanted([_tracking("a")], {"a": 1000.0}, 2, _target(1, 3)) == 3
    assert wanted([_tracking("a")], {"a": 1000.0}, 3, _target(1, 3)) is None
    assert wanted([_tracking("a")], {"a": _LOW}, 4, _target(2, 4)) == 2


def should_start_from_the_capacity_before_while_scaling_out_cools_down(wanted: Propose) -> None:
    grown = Cooldown(base=2, until=2000.0)
    assert wanted([_tracking("a")], {"a": 20.0}, 4, grown=grown) is None
    assert wanted([_tracking("a")], {"a": 30.0}, 4, grown=grown) == 6
    assert wanted([_stepping("c", 1)], {"c": 1.0}, 3, grown=grown) is None
    assert wanted([_stepping("c", 1)], {"c": 1.0}, 3) == 4


def should_not_scale_in_while_that_cools_down(wanted: Propose) -> None:
    assert wanted([_tracking("a")], {"a": _LOW}, 4, may_shrink=False) is None


def should_leave_out_what_is_suspended(wanted: Propose) -> None:
    assert wanted([_tracking("a")], {"a": 20.0}, 2, _target(DynamicScalingOutSuspended=True)) is None
    assert wanted([_tracking("a")], {"a": _LOW}, 2, _target(DynamicScalingInSuspended=True)) is None
    assert wanted([_tracking("a")], {"a": 20.0}, 2, _target(DynamicScalingInSuspended=True)) == 4


@dataclass
class _Sagemaker:
    """An endpoint with one variant: what it is asked for is done at once, unless it is told otherwise."""

    count: int = 1
    status: str = "InService"
    refuses: bool = False
    keeps: bool = False
    asked: list[int] = field(default_factory=list)

    def perform(self, call: Call) -> dict[str, Any]:
        if call.operation == "DescribeEndpoint":
            variant = {"VariantName": "only", "CurrentInstanceCount": self.count}
            return {"EndpointStatus": self.status, "ProductionVariants": [variant]}
        if self.refuses:
            raise validation("no capacity")
        wanted = int(call["DesiredWeightsAndCapacities"][0]["DesiredInstanceCount"])
        self.asked.append(wanted)
        if not self.keeps:
            self.count = wanted
        return {}


@pytest.fixture
def sagemaker(monkeypatch: pytest.MonkeyPatch) -> _Sagemaker:
    """A SageMaker of the test's own, for a target without policies and schedules."""
    found = _Sagemaker()
    monkeypatch.setattr(controller, "perform", found.perform)
    monkeypatch.setattr(records, "policies", lambda region, resource: [])
    monkeypatch.setattr(records, "scheduled_actions", lambda region, resource: [])
    return found


def _controller(target: Any, region: str) -> tuple[controller.Controller, Callable[[], list[str]]]:
    """A controller, and how its activities went, the newest first."""
    place = Region("1", region)
    return controller.Controller(place, target, 0.0), lambda: [
        f"{activity['Description']} {activity['StatusCode']}" for activity in activities.listed(place, _RESOURCE)
    ]


def should_wait_for_an_endpoint_that_is_updated(sagemaker: _Sagemaker) -> None:
    sagemaker.status = "Updating"
    scaling, went = _controller(_target(2, 3), "waits")
    assert scaling.visit(100.0) == 101.0
    assert sagemaker.asked == [] and went() == []
    sagemaker.status = "InService"
    scaling.visit(101.0)
    assert went() == ["Setting desired instance count to 2. InProgress"]
    scaling.visit(102.0)
    assert (sagemaker.asked, went()) == ([2], ["Setting desired instance count to 2. Successful"])
    assert scaling.visit(103.0) is None


@pytest.mark.parametrize("how", ["refuses", "keeps"])
def should_try_again_a_minute_after_a_failure(sagemaker: _Sagemaker, how: str) -> None:
    setattr(sagemaker, how, True)
    scaling, went = _controller(_target(2, 3), f"fails-{how}")
    scaling.visit(100.0)
    scaling.visit(101.0)
    assert went() == ["Setting desired instance count to 2. Failed"]
    setattr(sagemaker, how, False)
    scaling.visit(150.0)
    assert len(went()) == 1
    scaling.visit(161.0)
    scaling.visit(162.0)
    assert went()[0] == "Setting desired instance count to 2. Successful"


def should_cool_down_after_a_change(sagemaker: _Sagemaker, monkeypatch: pytest.MonkeyPatch) -> None:
    states: list[tuple[Cooldown | None, bool]] = []

    def proposed(region: Region, target: Any, capacity: int, now: float, **state: Any) -> Proposal | None:
        states.append((state["grown"], state["may_shrink"]))
        return Proposal(3, "load", 60.0) if now == 100.0 else Proposal(1, "calm", 30.0) if now == 200.0 else None

    monkeypatch.setattr(controller, "propose", proposed)
    scaling, _ = _controller(_target(1, 3), "cools")
    for now in (100.0, 101.0, 160.0, 161.0, 200.0, 201.0, 230.0, 231.0):
        scaling.visit(now)
    growing = Cooldown(base=1, until=161.0)
    assert [state[0] for state in states] == [None, growing, growing, None, None, None, None, None]
    assert [state[1] for state in states] == [True, True, True, True, True, False, False, True]


def should_refuse_a_schedules_bounds_that_cross(sagemaker: _Sagemaker, monkeypatch: pytest.MonkeyPatch) -> None:
    action = SimpleNamespace(
        schedule="rate(1 minute)", timezone=None, start_time=None, end_time=None, creation_time=0.0,
        scheduled_action_name="night", scalable_target_action={"MinCapacity": 5},
    )  # fmt: skip
    monkeypatch.setattr(records, "scheduled_actions", lambda region, resource: [action])
    target = _target(1, 3)
    scaling, went = _controller(target, "crosses")
    assert scaling.visit(61.0) == 120.0
    assert went() == ["Setting min capacity to 5 and max capacity to 3 Failed"]
    assert (target.min_capacity, target.max_capacity) == (1, 3)
