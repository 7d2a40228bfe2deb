"""`ops traffic` under load: in steps, without a failed request, and back again when an alarm rings."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.end_to_end.callers import calling
from tests.end_to_end.conftest import Ashlar
from tests.end_to_end.differences import wait_until_in_service
from tests.end_to_end.serving import ENDPOINT
from tests.local.cloud import eventually

STEPS = [
    "Step 1 of 2: linear=80 xgboost=20, watched for 2 s",
    "Step 2 of 2: linear=70 xgboost=30, watched for 2 s",
    "reviews has the weights linear=70 xgboost=30.",
]


@pytest.fixture
def declared(ashlar: Ashlar) -> Iterator[None]:
    """The weights of the file, before and after."""
    assert weights(ashlar) == {"linear": 90, "xgboost": 10}
    yield
    wait_until_in_service(ashlar)
    changes = [{"VariantName": "linear", "DesiredWeight": 90}, {"VariantName": "xgboost", "DesiredWeight": 10}]
    ashlar.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=ENDPOINT, DesiredWeightsAndCapacities=changes
    )
    wait_until_in_service(ashlar)


def weights(ashlar: Ashlar) -> dict[str, float]:
    described = wait_until_in_service(ashlar)
    return {its["VariantName"]: its["CurrentWeight"] for its in described["ProductionVariants"]}


@pytest.mark.usefixtures("declared")
@pytest.mark.long
def should_shift_in_steps_without_a_failed_request(ashlar: Ashlar, tmp_path: Path) -> None:
    with calling(ashlar, tmp_path) as callers:
        done = ashlar.ops("traffic", "reviews", "linear=70", "xgboost=30", "--wait", "2")
        callers.go_on()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[:3] == STEPS
    assert weights(ashlar) == {"linear": 70, "xgboost": 30}
    assert callers.failed() == []


@pytest.mark.usefixtures("declared")
def should_go_back_to_the_weights_of_the_beginning_when_an_alarm_rings(ashlar: Ashlar) -> None:
    runtime = ashlar.client("sagemaker-runtime")
    shift = ["traffic", "reviews", "linear=70", "xgboost=30", "--wait", "600"]
    command = [".venv/bin/python", "-m", "ops", *shift]
    with ashlar.start(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as shifting:
        assert shifting.stdout
        assert shifting.stdout.readline().strip() == "Step 1 of 2: linear=80 xgboost=20, watched for 600 s"
        eventually(lambda: weights(ashlar) == {"linear": 80, "xgboost": 20})

        def fails_until_it_is_noticed() -> bool:
            # Not JSON: the model refuses each of these.
            with pytest.raises(ClientError, match="ModelError"):
                runtime.invoke_endpoint(
                    EndpointName=ENDPOINT, ContentType="application/json", TargetVariant="xgboost", Body=b"nonsense"
                )
            return shifting.poll() is not None

        eventually(fails_until_it_is_noticed, seconds=60)
        said, stopped = shifting.communicate()
    assert shifting.returncode == 1
    assert "-xgboost-model-errors: going back to linear=90 xgboost=10" in said
    assert "The weights are what they were: linear=90 xgboost=10." in stopped
    assert weights(ashlar) == {"linear": 90, "xgboost": 10}
