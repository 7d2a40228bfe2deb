"""What an endpoint serves: its stack's parameters, which are what is released."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ops.session import Environment, OpsError

NOT_RELEASED = "none"
POLL_SECONDS = 1.0
RELEASE_SECONDS = 3600.0


@dataclass(frozen=True)
class ServedVariant:
    """One variant: its share of the traffic and the package it serves (None before the first release)."""

    name: str
    weight: float
    package_arn: str | None

    @property
    def package(self) -> str | None:
        """`<group>/<version>`, the form that the API answers with."""
        return self.package_arn.split(":model-package/")[-1] if self.package_arn else None


def served(environment: Environment, endpoint: str) -> list[ServedVariant]:
    """The variants of one endpoint with what the stack's parameters select for them."""
    stack = environment.stack("inference", endpoint)
    parameters = {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])}
    return [
        ServedVariant(name, settings.weight, _package(parameters[parameter_name(name)]))
        for name, settings in environment.platform.endpoints[endpoint].variants.items()
    ]


def parameter_name(variant: str) -> str:
    """The stack parameter of a variant: `my-candidate` -> `MyCandidateModelPackage`."""
    return f"{variant.title().replace('-', '')}ModelPackage"


def _package(value: str) -> str | None:
    return None if value == NOT_RELEASED else value


def wanted(environment: Environment, endpoint: str) -> dict[str, str]:
    """Variant -> ARN of the latest Approved package of its own group, where there is one."""
    sagemaker = environment.client("sagemaker")
    found = {}
    for name, variant in environment.platform.endpoints[endpoint].variants.items():
        group = environment.platform.name(variant.model, variant.candidate)
        packages = sagemaker.list_model_packages(ModelPackageGroupName=group, ModelApprovalStatus="Approved")
        summaries = packages["ModelPackageSummaryList"]
        if summaries:
            found[name] = max(summaries, key=lambda p: p["ModelPackageVersion"])["ModelPackageArn"]
    return found


def follow_release(environment: Environment, endpoint: str) -> Iterator[str]:
    """Yield the inference stack's status at every change until every variant serves what is approved for it.

    Raises OpsError when nothing is approved, when the stack cannot go on, or after an hour.
    """
    deadline = time.monotonic() + RELEASE_SECONDS
    last = ""
    while time.monotonic() < deadline:
        approved = wanted(environment, endpoint)
        if not approved:
            raise OpsError(f"No model package is approved for {endpoint}. Approve one in the model registry.")
        stack = environment.stack("inference", endpoint)
        status = str(stack["StackStatus"])
        if status != last:
            last = status
            yield status
        _stop_when_stuck(stack)
        now = {variant.name: variant.package_arn for variant in served(environment, endpoint)}
        if not status.endswith("_IN_PROGRESS") and all(now[name] == arn for name, arn in approved.items()):
            return
        time.sleep(POLL_SECONDS)
    raise OpsError(f"The release of {endpoint} did not finish within {RELEASE_SECONDS:.0f} s; the stack is {last}.")


def _stop_when_stuck(stack: dict[str, Any]) -> None:
    if stack["StackStatus"].endswith("_FAILED"):
        raise OpsError(f"{stack['StackName']} is {stack['StackStatus']}: {stack.get('StackStatusReason', '')}")
