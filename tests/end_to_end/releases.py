"""What a release came to, as CloudFormation, the registry and the operators' commands tell it."""

from __future__ import annotations

import json
from typing import Any

from tests.end_to_end.conftest import Ashlar
from tests.local.cloud import eventually

STACK = "ashlar-local-inference-reviews"
# One release with its canary, on a machine that is busy with something else.
SECONDS = 300.0


def parameters(ashlar: Ashlar) -> dict[str, str]:
    """Parameter of the endpoint's stack -> ARN of the package that it selects."""
    return {p["ParameterKey"]: p["ParameterValue"] for p in _stack(ashlar)["Parameters"]}


def status(ashlar: Ashlar) -> str:
    """The status of the endpoint's stack."""
    return str(_stack(ashlar)["StackStatus"])


def wait_until_released(ashlar: Ashlar, *packages: str) -> None:
    """Until the stack is through with these packages."""

    def through() -> bool:
        stack = _stack(ashlar)
        selected = {p["ParameterValue"] for p in stack["Parameters"]}
        return stack["StackStatus"] == "UPDATE_COMPLETE" and set(packages) <= selected

    eventually(through, seconds=SECONDS)


def wait_until_updating(ashlar: Ashlar) -> None:
    """Until the stack is in the middle of an update."""
    eventually(lambda: status(ashlar) == "UPDATE_IN_PROGRESS")


def wait_until_rejected(ashlar: Ashlar, package: str) -> str:
    """Until the package is Rejected; why, as the registry keeps it."""
    sagemaker = ashlar.client("sagemaker")

    def reason() -> str:
        described = sagemaker.describe_model_package(ModelPackageName=package)
        is_rejected = described["ModelApprovalStatus"] == "Rejected"
        return str(described["ApprovalDescription"]) if is_rejected else ""

    return eventually(reason, seconds=SECONDS)


def last_release(ashlar: Ashlar) -> dict[str, Any]:
    """The newest row of `ops release history`."""
    done = ashlar.ops("release", "history", "reviews", "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)[0]
    return found


def short(package: str) -> str:
    """`<group>/<version>` of a package's ARN, as messages and answers of the API write it."""
    return package.rpartition(":model-package/")[2]


def runs_now(selected: dict[str, str]) -> str:
    """How messages say what runs. `selected`: `parameters`."""
    linear, xgboost = short(selected["LinearModelPackage"]), short(selected["XgboostModelPackage"])
    return f"Runs now: linear {linear}, xgboost {xgboost}."


def _stack(ashlar: Ashlar) -> dict[str, Any]:
    found: dict[str, Any] = ashlar.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    return found
