"""Following a release: the packages that a pipeline registered, on their way to an endpoint."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ops.endpoint import configurations, group_of, selected, short, version_of, wanted
from ops.session import Environment, OpsError
from ops.stack_events import all_events, first_failure, last_operation

POLL_SECONDS = 2.0
# The reconciler answers a rollback within seconds. What it leaves alone for this long, it takes for no package's fault.
SILENCE_SECONDS = 60.0
# Packages that fail together are tried one by one: one roll-out for all, one for each.
ROLLOUTS = 3


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
        self._served = selected(self._environment, self._endpoint, self._stack)
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
        stack = self._stack["StackId"]
        failure = first_failure(last_operation(all_events(self._environment, stack), stack))
        return failure or str(self._stack.get("StackStatusReason", "no reason given"))


def _stop_when_rejected(environment: Environment, arn: str) -> None:
    package = environment.client("sagemaker").describe_model_package(ModelPackageName=arn)
    if package["ModelApprovalStatus"] == "Rejected":
        reason = package.get("ApprovalDescription", "no reason given")
        raise OpsError(f"{short(arn)} was rejected, and the endpoint serves what it served before. {reason}")


def _at_least(now: str | None, arn: str) -> bool:
    return now is not None and group_of(now) == group_of(arn) and version_of(now) >= version_of(arn)
