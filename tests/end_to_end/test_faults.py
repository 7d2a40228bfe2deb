"""What breaks in the middle of a release, or of serving: everything ends in a known state, and says which."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.callers import calling
from tests.end_to_end.conftest import Ashlar
from tests.end_to_end.interception import intercepted
from tests.end_to_end.operators import listening
from tests.end_to_end.packages import register
from tests.end_to_end.releases import (
    SECONDS,
    last_release,
    parameters,
    runs_now,
    short,
    status,
    wait_until_rejected,
    wait_until_released,
)
from tests.end_to_end.serving import ENDPOINT, answering, model_servers, workers
from tests.local.cloud import eventually

# It is there and answers nothing, because loading its model never ends.
SILENT = "import threading\n\ndef model_fn(directory, context=None):\n    threading.Event().wait()\n"


@pytest.fixture
def function(ashlar: Ashlar) -> str:
    """The name of the release function."""
    pages = ashlar.client("lambda").get_paginator("list_functions").paginate()
    names = [str(its["FunctionName"]) for page in pages for its in page["Functions"]]
    (found,) = [name for name in names if name.startswith("ashlar-local-release-Reconciler")]
    return found


@pytest.fixture
def two_instances(ashlar: Ashlar) -> Iterator[None]:
    """The variant linear has two instances, as if it had been scaled out."""
    scale(ashlar, 2)
    yield
    scale(ashlar, 1)


def scale(ashlar: Ashlar, count: int) -> None:
    sagemaker = ashlar.client("sagemaker")
    change = {"VariantName": "linear", "DesiredInstanceCount": count}
    sagemaker.update_endpoint_weights_and_capacities(EndpointName=ENDPOINT, DesiredWeightsAndCapacities=[change])
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=ENDPOINT, WaiterConfig={"Delay": 1})
    eventually(lambda: len(model_servers(ashlar, "linear")) == count)


@pytest.mark.usefixtures("two_instances")
def should_replace_a_model_server_that_was_killed_while_the_other_one_serves(ashlar: Ashlar, tmp_path: Path) -> None:
    before = {process.pid for process in model_servers(ashlar, "linear")}
    with calling(ashlar, tmp_path) as callers:
        killed = model_servers(ashlar, "linear")[0]
        killed.kill()
        eventually(lambda: len({process.pid for process in model_servers(ashlar, "linear")} - {killed.pid}) == 2)
        callers.go_on()
    # Lost is only what it was working on: a few requests, and none of the other variant.
    lost = callers.failed()
    assert {answer["status"] for answer in lost} <= {502}
    assert len(lost) <= 4
    after = {process.pid for process in model_servers(ashlar, "linear")}
    assert len(after - before) == 1
    assert killed.pid not in after
    logs = ashlar.client("logs")
    found = logs.filter_log_events(logGroupName=f"/aws/sagemaker/Endpoints/{ENDPOINT}", filterPattern="ended by itself")
    assert "The model server ended by itself with status -9; another one starts now." in [
        event["message"] for event in found["events"]
    ]


def should_go_on_where_the_release_function_was_killed_half_way(ashlar: Ashlar, function: str) -> None:
    # GIVEN alarms of the serving configuration that are in ALARM: they say nothing of the next one
    cloudwatch = ashlar.client("cloudwatch")
    serving = ashlar.client("sagemaker").describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix=f"{serving}-")["MetricAlarms"]
    assert len(alarms) == 6
    for alarm in alarms:
        cloudwatch.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue="ALARM", StateReason="a test")
    with listening(ashlar) as operators, intercepted(ashlar, function, "UpdateStack") as calls:
        package = register(ashlar, "xgboost", status="Approved")
        # WHEN the function is killed when it has decided, and again when CloudFormation has heard of it
        calls.next()
        kill(ashlar, function)
        second = calls.next()
        second.send()
        kill(ashlar, function)
        calls.end()
        # THEN the next wake-up goes on, and the package is released
        wait_until_released(ashlar, package)
        assert answering(ashlar)["xgboost"] == package
        assert operators.count("Release rolled back", "") == operators.count("Release stuck", "") == 0
    assert last_release(ashlar)["packages"] == {"xgboost": short(package)}
    assert last_release(ashlar)["result"] == "completed"


def kill(ashlar: Ashlar, function: str) -> None:
    """All processes of a function, at once."""
    found = workers(ashlar, function)
    assert found
    for process in found:
        process.kill()


def should_drop_a_release_whose_package_was_deleted(ashlar: Ashlar, function: str) -> None:
    before, answering_before = parameters(ashlar), answering(ashlar)
    with listening(ashlar) as operators, intercepted(ashlar, function, "UpdateStack") as calls:
        package = register(ashlar, "linear", status="Approved")
        # WHEN it is deleted after the function has decided to release it
        held = calls.next()
        ashlar.client("sagemaker").delete_model_package(ModelPackageName=package)
        held.let_go()
        message = operators.told("Release dropped", runs_now(before), seconds=SECONDS)
    # THEN what ran before runs, and the message says what was not there
    assert short(package) in message
    assert status(ashlar) == "UPDATE_ROLLBACK_COMPLETE"
    assert parameters(ashlar) == before
    assert answering(ashlar) == answering_before


def should_reject_a_package_whose_model_server_never_answers_its_health_check(ashlar: Ashlar) -> None:
    before, answering_before = parameters(ashlar), answering(ashlar)
    package = register(ashlar, "xgboost", status="Approved", inference_code=SILENT)
    eventually(lambda: len(model_servers(ashlar, "xgboost")) == 2, seconds=SECONDS)
    # Meanwhile the old model serves.
    assert answering(ashlar) == answering_before
    reason = wait_until_rejected(ashlar, package)
    assert "production variant xgboost did not pass the ping health check" in reason
    assert runs_now(before) in reason
    assert parameters(ashlar) == before
    assert answering(ashlar) == answering_before
    state: dict[str, Any] = json.loads(ashlar.ops("release", "status", "reviews", "--json").stdout)
    assert state["endpoint_status"] == "InService"
    assert not state["went_back"]
    eventually(lambda: len(model_servers(ashlar, "xgboost")) == 1)
