"""Shifting traffic: small steps, watched; back on an alarm; nothing changes where it cannot begin."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ops.session import OpsError
from ops.traffic import shares
from ops.traffic.shift import Pace, shift
from tests.ops.conftest import Client, Deployed, refused

CONFIGURATION = "ashlardevreviewsconfig-abc"
ALARM = f"{CONFIGURATION}-xgboost-5xx"


class Cloud(Client):
    """SageMaker and CloudWatch of one endpoint. `asked`: the weights of each update.

    `after`: what happens once so many updates were asked for, before the next look.
    """

    def __init__(self, deployed: Deployed) -> None:
        self.weights = {"linear": 90.0, "xgboost": 10.0}
        self.status = ["InService"]
        self.configuration = CONFIGURATION
        self.pending: str | None = None
        self.alarms = {ALARM: "INSUFFICIENT_DATA", f"{CONFIGURATION}-linear-latency": "OK"}
        self.asked: list[dict[str, float]] = []
        self.after: dict[int, Callable[[], object]] = {}
        self.watched: list[str] = []
        deployed.clients |= {"sagemaker": self, "cloudwatch": self}

    def describe_endpoint(self, EndpointName: str) -> dict[str, Any]:  # noqa: N803
        assert EndpointName == "ashlar-dev-reviews"
        self.after.pop(len(self.asked), lambda: None)()
        variants = [
            {"VariantName": name, "CurrentWeight": 0.5, "DesiredWeight": weight}
            for name, weight in self.weights.items()
        ]
        return {
            "EndpointStatus": self.status.pop(0) if len(self.status) > 1 else self.status[0],
            "EndpointConfigName": self.configuration,
            "ProductionVariants": variants,
            **({"PendingDeploymentSummary": {"EndpointConfigName": self.pending}} if self.pending else {}),
        }

    def update_endpoint_weights_and_capacities(
        self,
        EndpointName: str,  # noqa: N803
        DesiredWeightsAndCapacities: list[dict[str, Any]],  # noqa: N803
    ) -> None:
        assert EndpointName == "ashlar-dev-reviews"
        if self.status[0] != "InService":
            raise refused("ValidationException", "Cannot update in-progress endpoint")
        self.weights = {its["VariantName"]: its["DesiredWeight"] for its in DesiredWeightsAndCapacities}
        self.asked.append(self.weights)
        self.status = ["Updating", "InService"]

    def describe_alarms(self, AlarmNamePrefix: str, AlarmTypes: list[str]) -> dict[str, Any]:  # noqa: N803
        assert AlarmTypes == ["MetricAlarm"]
        self.watched.append(AlarmNamePrefix)
        found = {name: state for name, state in self.alarms.items() if name.startswith(AlarmNamePrefix)}
        return {"MetricAlarms": [{"AlarmName": name, "StateValue": state} for name, state in found.items()]}

    def ring(self) -> None:
        self.alarms[ALARM] = "ALARM"


@pytest.fixture
def cloud(deployed: Deployed, slept: list[float]) -> Cloud:
    return Cloud(deployed)


def moved(deployed: Deployed, *arguments: str, largest: float = 10.0, wait: float = 60.0) -> list[str]:
    said: list[str] = []
    shift(deployed, "reviews", shares.read(arguments), Pace(largest, wait), said.append)
    return said


def should_shift_in_small_steps_and_watch_each(deployed: Deployed, cloud: Cloud, slept: list[float]) -> None:
    said = moved(deployed, "linear=60", "xgboost=40")
    assert cloud.asked == [
        {"linear": 80.0, "xgboost": 20.0},
        {"linear": 70.0, "xgboost": 30.0},
        {"linear": 60.0, "xgboost": 40.0},
    ]
    assert sum(slept) >= 3 * 60
    assert set(cloud.watched) == {f"{CONFIGURATION}-"}
    # Before the first step, and in each of the waits: for the change, then for so long, every five seconds.
    assert len(cloud.watched) >= 1 + 3 * (1 + 60 / 5)
    assert "reviews has the weights linear=60 xgboost=40." in said


def should_say_what_to_write_where_the_file_differs(deployed: Deployed, cloud: Cloud) -> None:
    said = moved(deployed, "linear=80", "xgboost=20")
    assert "config/environments/dev.yaml says linear=90 xgboost=10. To declare this," in said
    assert said[-2:] == ["  linear: {weight: 80}", "  xgboost: {weight: 20}"]
    assert moved(deployed, "linear=90", "xgboost=10")[-1] == "reviews has the weights linear=90 xgboost=10."


def should_change_nothing_where_the_weights_mean_these_shares(deployed: Deployed, cloud: Cloud) -> None:
    cloud.weights = {"linear": 9.0, "xgboost": 1.0}
    assert moved(deployed, "linear=90", "xgboost=10") == ["reviews has these weights already."]
    assert cloud.asked == []


@pytest.mark.parametrize("moment", [1, 2])
def should_go_back_to_the_beginning_when_an_alarm_rings(deployed: Deployed, cloud: Cloud, moment: int) -> None:
    cloud.weights = {"linear": 9.0, "xgboost": 1.0}
    cloud.after = {moment: cloud.ring}
    with pytest.raises(OpsError, match=rf"Stopped: alarm {ALARM}. The weights are what they were: linear=9 xgboost=1"):
        moved(deployed, "linear=70", "xgboost=30")
    assert len(cloud.asked) == moment + 1
    assert cloud.asked[-1] == {"linear": 9.0, "xgboost": 1.0}


def should_go_back_where_the_alarms_cannot_be_watched(deployed: Deployed, cloud: Cloud) -> None:
    def blind() -> None:
        def denied(**_: object) -> None:
            raise refused("AccessDenied", "cloudwatch:DescribeAlarms")

        cloud.describe_alarms = denied  # type: ignore[method-assign, assignment]

    cloud.after = {1: blind}
    with pytest.raises(OpsError, match=r"could not be watched .*AccessDenied.*what they were: linear=90 xgboost=10"):
        moved(deployed, "linear=70", "xgboost=30")
    assert cloud.asked[-1] == {"linear": 90.0, "xgboost": 10.0}


def should_stop_where_it_is_when_another_update_comes(deployed: Deployed, cloud: Cloud) -> None:
    cloud.after = {1: lambda: setattr(cloud, "configuration", "ashlardevreviewsconfig-new")}
    with pytest.raises(OpsError, match=r"another configuration. The weights are linear=80 xgboost=20; at first .*90"):
        moved(deployed, "linear=70", "xgboost=30")
    assert len(cloud.asked) == 1


def should_stop_where_an_update_to_another_configuration_is_under_way(deployed: Deployed, cloud: Cloud) -> None:
    def begin() -> None:
        cloud.status, cloud.pending = ["Updating"], "ashlardevreviewsconfig-new"

    cloud.after = {1: begin}
    with pytest.raises(OpsError, match=r"updated to another configuration. The weights are linear=80 xgboost=20"):
        moved(deployed, "linear=70", "xgboost=30")
    assert len(cloud.asked) == 1


def should_go_on_when_scaling_is_through(deployed: Deployed, cloud: Cloud) -> None:
    # Longer than the step is watched, so that the next weights are asked for too early.
    cloud.after = {1: lambda: setattr(cloud, "status", [*["Updating"] * 20, "InService"])}
    moved(deployed, "linear=70", "xgboost=30")
    assert cloud.asked == [{"linear": 80.0, "xgboost": 20.0}, {"linear": 70.0, "xgboost": 30.0}]


def should_go_back_after_scaling_when_an_alarm_rings_meanwhile(deployed: Deployed, cloud: Cloud) -> None:
    def scale_and_ring() -> None:
        cloud.status = [*["Updating"] * 20, "InService"]
        cloud.ring()

    cloud.after = {1: scale_and_ring}
    with pytest.raises(OpsError, match=rf"Stopped: alarm {ALARM}. The weights are what they were: linear=90 xgboost"):
        moved(deployed, "linear=70", "xgboost=30")
    assert cloud.asked[-1] == {"linear": 90.0, "xgboost": 10.0}


def should_give_up_an_update_that_does_not_end(deployed: Deployed, cloud: Cloud, slept: list[float]) -> None:
    cloud.after = {1: lambda: setattr(cloud, "status", ["Updating"])}
    with pytest.raises(OpsError, match=r"still updating after 3900 s. The weights are linear=80 xgboost=20"):
        moved(deployed, "linear=70", "xgboost=30")


def should_say_the_state_that_an_interruption_leaves(
    deployed: Deployed, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupt)
    with pytest.raises(OpsError, match=r"Interrupted. The weights are linear=80 xgboost=20; at first .* linear=90"):
        moved(deployed, "linear=70", "xgboost=30")
    assert cloud.asked == [{"linear": 80.0, "xgboost": 20.0}]


def should_say_the_state_where_going_back_fails(deployed: Deployed, cloud: Cloud) -> None:
    def ring_and_fail() -> None:
        cloud.ring()
        cloud.status = ["InService", "Failed"]

    cloud.after = {1: ring_and_fail}
    with pytest.raises(OpsError, match=r"Going back to linear=90 xgboost=10 failed: the endpoint is Failed."):
        moved(deployed, "linear=70", "xgboost=30")


def should_shift_from_weights_that_are_all_zero(deployed: Deployed, cloud: Cloud) -> None:
    cloud.weights = {"linear": 0.0, "xgboost": 0.0}
    moved(deployed, "linear=70", "xgboost=30")
    assert cloud.asked == [{"linear": 70.0, "xgboost": 30.0}]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["linear=100"], "Nothing is said of xgboost"),
        (["linear=70", "boost=30"], "no variant 'boost'. It has: linear, xgboost"),
        (["linear=70", "xgboost=31"], "sum up to 101, not to 100"),
        (["linear=110", "xgboost=-10"], "share of linear is 110; a share is from 0 to 100"),
        (["linear=-1", "xgboost=101"], "share of linear is -1"),
        (["linear=0", "xgboost=0"], "sum up to 0, not to 100"),
        (["linear=nan", "xgboost=30"], "share of linear is nan"),
        (["linear=x", "xgboost=30"], "'x', which is no number"),
        (["linear", "xgboost=30"], "'linear' is no share"),
        (["linear=70", "linear=30"], "named twice"),
    ],
)
def should_refuse_shares_before_anything_changes(
    deployed: Deployed, cloud: Cloud, arguments: list[str], message: str
) -> None:
    with pytest.raises(OpsError, match=message):
        moved(deployed, *arguments)
    assert cloud.asked == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": ["Updating"]}, "is Updating: weights are shifted only while no update runs"),
        ({"alarms": {}}, f"No alarm is named {CONFIGURATION}-"),
        ({"alarms": {ALARM: "ALARM"}}, f"In ALARM before anything was shifted: {ALARM}"),
        ({"weights": {"linear": 1.0}}, "has one variant"),
    ],
)
def should_not_begin_where_it_could_not_be_watched(
    deployed: Deployed, cloud: Cloud, change: dict[str, Any], message: str
) -> None:
    for name, value in change.items():
        setattr(cloud, name, value)
    with pytest.raises(OpsError, match=message):
        moved(deployed, "linear=70", "xgboost=30")
    assert cloud.asked == []


@pytest.mark.parametrize(("largest", "wait"), [(0.0, 60.0), (-1.0, 60.0), (10.0, -1.0), (math.nan, 1.0)])
def should_refuse_steps_that_lead_nowhere(deployed: Deployed, cloud: Cloud, largest: float, wait: float) -> None:
    with pytest.raises(OpsError, match="a step is more than 0 points, a wait 0 s or more"):
        moved(deployed, "linear=70", "xgboost=30", largest=largest, wait=wait)


def should_take_a_step_of_less_than_can_be_seen() -> None:
    assert shares.steps({"a": 0.0, "b": 100.0}, {"a": 9e-5, "b": 99.99991}, 90.0) == [{"a": 9e-5, "b": 99.99991}]


weights = st.lists(st.floats(0, 100), min_size=2, max_size=5).filter(lambda its: sum(its) > 1)


@given(weights, weights, st.floats(0.5, 100))
def should_never_step_further_than_asked(start: list[float], target: list[float], largest: float) -> None:
    count = min(len(start), len(target))
    assume(sum(start[:count]) >= 1 and sum(target[:count]) >= 1)
    one, other = (shares.of_weights({f"v{i}": its[i] for i in range(count)}) for its in (start, target))
    path = [one, *shares.steps(one, other, largest)]
    assert path[-1] == pytest.approx(other, abs=1e-6)
    for before, after in itertools.pairwise(path):
        assert max(abs(after[name] - before[name]) for name in after) <= largest + 1e-4
        assert math.fsum(after.values()) == pytest.approx(100)
        assert min(after.values()) >= 0
    distance = max(abs(other[name] - one[name]) for name in one)
    assert len(path) - 1 <= math.ceil(distance / largest)
