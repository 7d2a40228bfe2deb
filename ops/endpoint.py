"""What an endpoint serves: its stack's parameters, which are what is released."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from config.schema import Endpoint
from ops.session import Environment, OpsError

NOT_RELEASED = "none"
POLL_SECONDS = 2.0
# The reconciler answers a rollback within seconds. What it leaves alone for this long, it takes for no package's fault.
SILENCE_SECONDS = 60.0
# Packages that fail together are tried one by one: one roll-out for all, one for each.
ROLLOUTS = 3


@dataclass(frozen=True)
class ServedVariant:
    """One variant: its share of the traffic and the package it serves (None before the first release)."""

    name: str
    weight: float
    package_arn: str | None

    @property
    def package(self) -> str | None:
        """`<group>/<version>`, the form that the API answers with."""
        return short(self.package_arn) if self.package_arn else None


def served(environment: Environment, endpoint: str) -> list[ServedVariant]:
    """The variants of one endpoint with what the stack's parameters select for them."""
    return _served_by(environment.stack("inference", endpoint), environment.platform.endpoints[endpoint])


def _served_by(stack: Mapping[str, Any], settings: Endpoint) -> list[ServedVariant]:
    parameters = {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])}
    return [
        ServedVariant(name, weight, _package(parameters.get(parameter_name(name), NOT_RELEASED)))
        for name, weight in settings.weights.items()
    ]


def parameter_name(variant: str) -> str:
    """The stack parameter of a variant: `linear` -> `LinearModelPackage`. A variant's name has no hyphen."""
    return f"{variant.title()}ModelPackage"


def _package(value: str) -> str | None:
    return None if value == NOT_RELEASED else value


def configurations(environment: Environment, stack: str) -> list[str]:
    """Names, in lower case, of the endpoint configurations that a stack has made: none before the first release."""
    pages = environment.client("cloudformation").get_paginator("list_stack_resources")
    # The physical id is an ARN, and ARNs have the name in lower case.
    return [
        resource["PhysicalResourceId"].rsplit("/", 1)[-1].lower()
        for page in pages.paginate(StackName=stack)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::SageMaker::EndpointConfig"
    ]


def wanted(environment: Environment, endpoint: str, registered: Iterable[str]) -> dict[str, str]:
    """Variant -> ARN, of those registered packages that are of a variant's own model and candidate.

    A candidate that did not pass its gate registers nothing; its variant goes on with what it has, or the champion's.
    """
    by_group = {group_of(arn): arn for arn in registered}
    return {name: by_group[group] for name, group in groups(environment, endpoint).items() if group in by_group}


def groups(environment: Environment, endpoint: str) -> dict[str, str]:
    """Variant -> the model package group that it is released from. One whose packages or images are fixed is absent."""
    found = {}
    for name, its in environment.platform.endpoints[endpoint].served.items():
        if its.released and its.released.model and its.released.candidate:
            found[name] = environment.platform.name(its.released.model, its.released.candidate)
    return found


def follow_release(environment: Environment, endpoint: str, registered: Iterable[str]) -> Iterator[str]:
    """Yield the inference stack's status at every change until the registered packages are served.

    Raises OpsError when one of them is rejected, when the stack cannot go on, or when it takes too long.
    """
    packages = wanted(environment, endpoint, registered)
    release = _Release(environment, endpoint, packages)
    limit = ROLLOUTS * environment.platform.endpoints[endpoint].rollout.longest_seconds
    started = time.monotonic()
    last = ""
    while time.monotonic() - started < limit:
        release.look()
        if release.status != last:
            last = release.status
            yield last
        if release.done():
            return
        release.stop_when_refused()
        time.sleep(POLL_SECONDS)
    raise OpsError(f"The release of {endpoint} did not finish within {limit} s; the stack is {last}.")


class _Release:
    """Registered packages on their way into an inference stack. `packages`: variant -> ARN."""

    def __init__(self, environment: Environment, endpoint: str, packages: Mapping[str, str]) -> None:
        self._environment = environment
        self._endpoint = endpoint
        self._packages = packages
        self._seen: tuple[Any, ...] = ()
        self._changed = 0.0
        self.status = ""

    def look(self) -> None:
        """Read the stack, and remember when it last changed."""
        self._stack = self._environment.stack("inference", self._endpoint)
        self.status = str(self._stack["StackStatus"])
        variants = _served_by(self._stack, self._environment.platform.endpoints[self._endpoint])
        self._served = {variant.name: variant.package_arn for variant in variants}
        seen = (self.status, self._stack.get("LastUpdatedTime"), self._served)
        if seen != self._seen:
            self._seen, self._changed = seen, time.monotonic()

    def done(self) -> bool:
        """Whether a steady stack has every package, or a later one of the same group that overtook it."""
        steady = not self.status.endswith(("_IN_PROGRESS", "_FAILED"))
        has_all = all(_at_least(self._served[name], arn) for name, arn in self._packages.items())
        return steady and has_all and (not self._packages or self._live())

    def _live(self) -> bool:
        """Whether the endpoint runs what its stack says: on an alarm SageMaker goes back by itself."""
        name = self._environment.platform.name(self._endpoint)
        live = self._environment.client("sagemaker").describe_endpoint(EndpointName=name)["EndpointConfigName"]
        return str(live).lower() in configurations(self._environment, self._stack["StackId"])

    def stop_when_refused(self) -> None:
        """Raise OpsError, with the reason, when no more will come of this release."""
        if self.status.endswith("_FAILED"):
            raise OpsError(f"{self._stack['StackName']} is {self.status}: {self._first_failure()}")
        for arn in self._packages.values():
            _stop_when_rejected(self._environment, arn)
        silent = time.monotonic() - self._changed >= SILENCE_SECONDS
        if silent and self.status == "UPDATE_ROLLBACK_COMPLETE":
            raise OpsError(
                f"The release of {self._endpoint} was rolled back, for no fault of a package: {self._first_failure()}. "
                "The endpoint serves what it served before; the release is tried again every 10 minutes. "
                f"Follow it: {self._environment.command('status')}"
            )

    def _first_failure(self) -> str:
        """What CloudFormation said first in its last operation; what it cancelled then is no reason."""
        failures = [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
            for event in self._last_operation()
            if event["ResourceStatus"].endswith("_FAILED")
            and "cancelled" not in event.get("ResourceStatusReason", "").lower()
        ]
        return failures[-1] if failures else str(self._stack.get("StackStatusReason", "no reason given"))

    def _last_operation(self) -> Iterator[dict[str, Any]]:
        """The events of the stack's last operation, newest first."""
        stack = self._stack["StackId"]
        pages = self._environment.client("cloudformation").get_paginator("describe_stack_events")
        for page in pages.paginate(StackName=stack):
            for event in page["StackEvents"]:
                yield event
                started = event["ResourceStatus"] in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
                if started and event["PhysicalResourceId"] == stack:
                    return


def _stop_when_rejected(environment: Environment, arn: str) -> None:
    package = environment.client("sagemaker").describe_model_package(ModelPackageName=arn)
    if package["ModelApprovalStatus"] == "Rejected":
        reason = package.get("ApprovalDescription", "no reason given")
        raise OpsError(f"{short(arn)} was rejected, and the endpoint serves what it served before. {reason}")


def _at_least(now: str | None, arn: str) -> bool:
    return now is not None and group_of(now) == group_of(arn) and version_of(now) >= version_of(arn)


def short(arn: str) -> str:
    """`<group>/<version>` of a package; any other text as it is."""
    return arn.split(":model-package/")[-1]


def group_of(arn: str) -> str:
    """The model package group of a package."""
    return short(arn).split("/")[0]


def version_of(arn: str) -> int:
    """A package's version in its group."""
    return int(short(arn).split("/")[1])
