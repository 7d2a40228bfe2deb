"""What to do next for one inference stack: a pure function of what is.

The attempt that a stack last made is remembered by CloudFormation itself: the update's client request token lists the
packages that it introduced, so nothing needs a store of its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from release.settings import Endpoint

NOT_RELEASED = "none"
# The first word of a client request token
MARK = "release"
# What went wrong beside the package is tried again, this often at the most.
RETRY_SECONDS = 600
# Everything else that goes wrong (a quota, capacity, a permission, a time-out) is not the model's fault.
_FAULTS_OF_A_PACKAGE = ("ping health check", "alarm", "failed to start", "extract model data")
STEADY = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")


@dataclass(frozen=True)
class Stack:
    """What CloudFormation says. All but status and parameters are of the last operation, which `event` identifies.

    `failed` is the type of the resource that failed first, `reason` what CloudFormation said about it, `age` the
    seconds since the operation's last event. `live` is false where the endpoint runs on another configuration than the
    stack's: SageMaker went back by itself, without a failure.
    """

    status: str
    parameters: Mapping[str, str]
    token: str
    failed: str
    reason: str
    event: str
    age: float
    live: bool


@dataclass(frozen=True)
class Nothing:
    """Nothing to do, and why."""

    why: str


@dataclass(frozen=True)
class Update:
    """Update the stack to these parameter values (all of them), under this client request token."""

    parameters: Mapping[str, str]
    token: str


@dataclass(frozen=True)
class Reject:
    """Reject a package whose roll-out was rolled back."""

    package: str
    why: str


@dataclass(frozen=True)
class Stuck:
    """An operator must look: nothing that the reconciler may do would help."""

    why: str


Decision = Nothing | Update | Reject | Stuck


def decide(endpoint: Endpoint, stack: Stack, approved: Mapping[str, str]) -> Decision:
    """The next step. `approved`: model package group -> ARN of its latest Approved package, where it has one."""
    if stack.status.endswith("_IN_PROGRESS"):
        return Nothing(f"{stack.status}: its end wakes the reconciler again")
    if stack.status not in STEADY:
        return Stuck(f"the stack is {stack.status}")
    target = desired(endpoint, stack.parameters, approved)
    new = _introduced(endpoint, stack.parameters, target)
    if not stack.live:
        return _after_silent_rollback(stack, target, new)
    if not new:
        return Nothing("the stack serves what is approved")
    suspects = _suspects(stack, new)
    if not suspects:
        return _update(stack, target, new)
    if _blames_a_package(stack):
        return _after_rollback(endpoint, stack, target, suspects)
    if stack.age >= RETRY_SECONDS:
        return _update(stack, target, new)
    return Stuck(f"rolled back for no fault of a package, tried again every {RETRY_SECONDS} s: {stack.reason}")


def _after_rollback(endpoint: Endpoint, stack: Stack, target: Mapping[str, str], suspects: list[str]) -> Decision:
    """Find the package to blame, heaviest variant first, or try one suspect alone."""
    if len(suspects) == 1 and len(_attempted(stack.token)) == 1:
        return _reject(suspects[0], stack)
    named = [package for package in suspects if _names_a_variant_of(endpoint, target, package, stack.reason)]
    if named:
        return _reject(named[0], stack)
    # Several new packages failed together and nothing says which: try the first alone.
    return _update(stack, _alone(stack.parameters, target, suspects[0]), [suspects[0]])


def _after_silent_rollback(stack: Stack, target: Mapping[str, str], new: list[str]) -> Decision:
    """The stack says that the update succeeded, the endpoint runs on its old configuration: a package was refused."""
    why = "SageMaker went back to the previous configuration after the update, as it does on an alarm"
    refused = [package for package in target.values() if _digest(package) in _attempted(stack.token)]
    if refused:
        return Reject(refused[0], f"Rolled back: {why}")
    return _update(stack, target, new) if new else Stuck(f"{why}; no release explains it")


def desired(endpoint: Endpoint, actual: Mapping[str, str], approved: Mapping[str, str]) -> dict[str, str]:
    """For each variant the latest approved package of its group, else the champion's, else what it serves now."""
    by_weight = sorted(endpoint.variants, key=lambda variant: -variant.weight)
    champion = next((approved[variant.group] for variant in by_weight if variant.group in approved), None)
    return {
        variant.parameter: approved.get(variant.group) or champion or actual[variant.parameter]
        for variant in endpoint.variants
    }


def _introduced(endpoint: Endpoint, actual: Mapping[str, str], target: Mapping[str, str]) -> list[str]:
    """The packages of the parameters that change, heaviest variant first."""
    by_weight = sorted(endpoint.variants, key=lambda variant: -variant.weight)
    changed = [target[v.parameter] for v in by_weight if target[v.parameter] != actual[v.parameter]]
    return list(dict.fromkeys(changed))


def _suspects(stack: Stack, new: list[str]) -> list[str]:
    """The wanted packages that the stack has just tried and rolled back."""
    if stack.status != "UPDATE_ROLLBACK_COMPLETE":
        return []
    attempted = _attempted(stack.token)
    return [package for package in new if _digest(package) in attempted]


def _blames_a_package(stack: Stack) -> bool:
    """The endpoint failed for what its containers did."""
    reason = stack.reason.lower()
    return stack.failed == "AWS::SageMaker::Endpoint" and any(words in reason for words in _FAULTS_OF_A_PACKAGE)


def _names_a_variant_of(endpoint: Endpoint, target: Mapping[str, str], package: str, reason: str) -> bool:
    """CloudFormation's reason names the variant whose container failed."""
    named = re.findall(r"variant (\w+)", reason)
    return any(v.name in named for v in endpoint.variants if target[v.parameter] == package)


def _alone(actual: Mapping[str, str], target: Mapping[str, str], package: str) -> dict[str, str]:
    """Only this package is new; before the first release, every variant must have one."""
    return {
        parameter: package if package == wanted or actual[parameter] == NOT_RELEASED else actual[parameter]
        for parameter, wanted in target.items()
    }


def _update(stack: Stack, target: Mapping[str, str], packages: list[str]) -> Decision:
    # The event makes the token new for each attempt, and the same for two invocations that see the same stack.
    token = "-".join([MARK, *(_digest(package) for package in packages), stack.event[:8]])
    return Update(target, token)


def _reject(package: str, stack: Stack) -> Decision:
    if package in stack.parameters.values():
        return Stuck(f"{package} was rolled back on one variant but serves another: {stack.reason}")
    return Reject(package, f"Rolled back: {stack.reason}")


def _attempted(token: str) -> set[str]:
    parts = token.split("-")
    return set(parts[1:-1]) if parts[0] == MARK else set()


def _digest(package: str) -> str:
    return hashlib.sha256(package.encode()).hexdigest()[:8]
