"""What to do next for one inference stack: a pure function of what is.

The attempt that a stack last made is remembered by CloudFormation itself: the update's client request token lists the
packages that it introduced, so nothing needs a store of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from release.blame import fault_of_a_package, variants_at_fault
from release.decision import (
    AGAIN,
    MARK,
    NOT_RELEASED,
    STEADY,
    Decision,
    Dropped,
    Nothing,
    Reject,
    Stack,
    Stuck,
    Update,
)
from release.settings import Endpoint

# What went wrong beside the package is tried again, this often at the most.
RETRY_SECONDS = 600


def decide(endpoint: Endpoint, stack: Stack, approved: Mapping[str, str], paused: str | None = None) -> Decision:
    """The next step. `approved`: model package group -> ARN of its latest Approved package, where it has one.

    `paused`: why releases of this endpoint are held, or None. A pause holds updates back; what failed is still told.
    """
    if stack.status.endswith("_IN_PROGRESS"):
        return Nothing(f"{stack.status}: its end wakes the reconciler again")
    if stack.status not in STEADY:
        return Stuck(f"the stack is {stack.status}: {stack.reason or 'CloudFormation gives no reason'}")
    # A variant that the configuration has just got is left alone until its stack has the parameter.
    known = tuple(variant for variant in endpoint.variants if variant.parameter in stack.parameters)
    decision = _next(replace(endpoint, variants=known), stack, approved)
    if paused is not None and isinstance(decision, Update):
        return Nothing(f"paused ({paused}): something is approved that does not run")
    return decision


def desired(endpoint: Endpoint, actual: Mapping[str, str], approved: Mapping[str, str]) -> dict[str, str]:
    """For each variant the latest approved package of its group, else the champion's, else what it serves now."""
    by_weight = sorted(endpoint.variants, key=lambda variant: -variant.weight)
    champion = next((approved[variant.group] for variant in by_weight if variant.group in approved), None)
    return {
        variant.parameter: approved.get(variant.group) or champion or actual[variant.parameter]
        for variant in endpoint.variants
    }


def _next(endpoint: Endpoint, stack: Stack, approved: Mapping[str, str]) -> Decision:
    target = desired(endpoint, stack.running, approved)
    new = _introduced(endpoint, stack.running, target)
    attempted = _attempted(stack.token)
    suspects = [package for package in new if _digest(package) in attempted] if stack.went_back else []
    if suspects:
        return _after_rollback(endpoint, stack, target, suspects)
    if not stack.live:
        return _back_to_the_truth(endpoint, stack, target)
    if new:
        return _update(stack, target, new)
    if stack.went_back and attempted and not fault_of_a_package(stack):
        return Dropped(f"rolled back ({stack.reason}), and no package of that release is approved any more")
    return Nothing("the stack serves what is approved", at_rest=True)


def _after_rollback(endpoint: Endpoint, stack: Stack, target: Mapping[str, str], suspects: list[str]) -> Decision:
    """Find the package to blame, heaviest variant first, or try one suspect alone."""
    if stack.moved and not stack.alarms:
        return Stuck(f"{_reason(stack)}: no package is to blame for that")
    if not fault_of_a_package(stack):
        return _later(stack, target, suspects, _reason(stack))
    named = variants_at_fault(stack, {variant.name for variant in endpoint.variants})
    if named:
        served = {target[variant.parameter] for variant in endpoint.variants if variant.name in named}
        guilty = [package for package in suspects if package in served]
        if guilty:
            return _reject(guilty[0], stack)
        return _later(stack, target, suspects, f"{_reason(stack)}; no new package runs on {', '.join(sorted(named))}")
    if len(suspects) == 1 and len(_attempted(stack.token)) == 1:
        return _reject(suspects[0], stack)
    alone = _alone(stack.running, target, suspects[0])
    return _update(stack, alone, [suspects[0]], "tried alone: it failed together with others, and nothing says which")


def _later(stack: Stack, target: Mapping[str, str], suspects: list[str], why: str) -> Decision:
    """For no fault of a package: try again, at once if what was tried has changed, else after a while."""
    if not stack.live:
        return Stuck(f"{why}; the endpoint runs on its old configuration")
    if _attempted(stack.token) - {_digest(package) for package in target.values()}:
        return _update(stack, target, suspects, f"without what is no longer approved; before, {why}")
    if stack.age >= RETRY_SECONDS:
        return _update(stack, target, suspects, f"tried again: {why}", again=True)
    return Stuck(f"rolled back for no fault of a package, tried again every {RETRY_SECONDS} s: {why}", retried=True)


def _back_to_the_truth(endpoint: Endpoint, stack: Stack, target: Mapping[str, str]) -> Decision:
    """The endpoint runs on another configuration than its stack's: let the stack say what runs."""
    changed = _introduced(endpoint, stack.parameters, target)
    if not changed:
        return Stuck(f"{_reason(stack)}; no release explains it")
    return _update(
        stack, target, changed, "the endpoint went back to its previous configuration, now its stack follows"
    )


def _reject(package: str, stack: Stack) -> Decision:
    if package in stack.running.values():
        return Stuck(f"{package} was rolled back on one variant but serves another: {_reason(stack)}")
    return Reject(package, _reason(stack))


def _reason(stack: Stack) -> str:
    """Why the last attempt was undone, by the alarms' names where there are any."""
    if stack.alarms:
        return "; ".join(f"alarm {alarm.name}: {alarm.reason}" for alarm in stack.alarms)
    if stack.early:
        names = ", ".join(alarm.name for alarm in stack.early)
        return f"alarm {names} was in ALARM before the roll-out began"
    if stack.moved:
        return f"the endpoint runs on {stack.moved}, a configuration that its stack never made"
    if not stack.live and not stack.reason:
        return "SageMaker went back to the previous configuration without a failure, as it does on an alarm"
    return stack.reason


def _introduced(endpoint: Endpoint, actual: Mapping[str, str], target: Mapping[str, str]) -> list[str]:
    """The packages of the parameters that change, heaviest variant first."""
    by_weight = sorted(endpoint.variants, key=lambda variant: -variant.weight)
    changed = [target[v.parameter] for v in by_weight if target[v.parameter] != actual[v.parameter]]
    return list(dict.fromkeys(changed))


def _alone(actual: Mapping[str, str], target: Mapping[str, str], package: str) -> dict[str, str]:
    """Only this package is new; before the first release, every variant must have one."""
    return {
        parameter: package if package == wanted or actual[parameter] == NOT_RELEASED else actual[parameter]
        for parameter, wanted in target.items()
    }


def _update(
    stack: Stack, target: Mapping[str, str], packages: Iterable[str], why: str = "approved", *, again: bool = False
) -> Decision:
    # The event makes the token new for each attempt, and the same for two invocations that see the same stack.
    words = [MARK, *([AGAIN] if again else []), *(_digest(package) for package in packages), stack.event[:8]]
    return Update(target, "-".join(words), why, again)


def _attempted(token: str) -> set[str]:
    """The digests of the packages that the last operation introduced, if it was a release."""
    words = token.split("-")
    return set(words[1:-1]) - {AGAIN} if words[0] == MARK else set()


def _digest(package: str) -> str:
    return hashlib.sha256(package.encode()).hexdigest()[:8]
