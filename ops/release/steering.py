"""What an operator does to releases: take back the package that runs, pause, resume."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ops import live
from ops.endpoint import group_of, short
from ops.release.registry import Registry, latest_approved
from ops.session import Environment, OpsError
from ops.stack_events import STEADY

# How often the reconciler looks by itself, beside the events that wake it.
LOOKS_MINUTES = 10


def rollback(environment: Environment, endpoint: str, variant: str | None, reason: str) -> Iterator[str]:
    """Reject the package that a variant runs; the reconciler then goes back to the one approved before it.

    Says what it did. Raises OpsError, and changes nothing, where that would not end in another package serving.
    """
    registry = Registry(environment, endpoint)
    _steady(environment, endpoint, registry)
    package = _running(environment, endpoint, registry, variant)
    following = _following(registry, package, environment.platform.endpoints[endpoint].weights)
    who = environment.client("sts").get_caller_identity()["Arn"]
    registry.reject(package, f"Taken back by {who}: {reason}")
    yield f"Rejected {short(package)}: {reason}"
    yield f"The reconciler now releases {short(following)} in its place. Follow it:"
    yield f"  {environment.command('release', 'status', endpoint)}"


def pause(environment: Environment, endpoint: str, reason: str) -> Iterator[str]:
    """Stop releases to an endpoint; one that is under way goes on to its end."""
    registry = _released(environment, endpoint)
    registry.pause(reason)
    yield f"Releases to {endpoint} are paused: {reason}. What is under way goes on to its end."
    yield f"Go on with: {environment.command('release', 'resume', endpoint)}"


def resume(environment: Environment, endpoint: str) -> Iterator[str]:
    """Let releases go on; what was approved in the meantime is released."""
    registry = _released(environment, endpoint)
    reason = registry.paused()
    if reason is None:
        yield f"Releases to {endpoint} are not paused; there is nothing to resume."
        return
    registry.resume()
    yield f"Releases to {endpoint} go on (they were paused: {reason}), within {LOOKS_MINUTES} minutes."


def _released(environment: Environment, endpoint: str) -> Registry:
    registry = Registry(environment, endpoint)
    if not registry.groups:
        raise OpsError(f"Every package and image of {endpoint} is fixed in the configuration: nothing is released.")
    return registry


def _steady(environment: Environment, endpoint: str, registry: Registry) -> None:
    """Raise OpsError where the reconciler would not act on what is rejected."""
    stack = environment.stack("inference", endpoint)
    name, status = stack["StackName"], stack["StackStatus"]
    if status.endswith("_IN_PROGRESS"):
        cancel = environment.aws_cli("cloudformation", "cancel-update-stack", "--stack-name", name)
        raise OpsError(
            f"{name} is {status}: what runs is about to change. Try again when it has ended, or end the roll-out now, "
            f"which goes back to what ran before it:\n  {cancel}"
        )
    if status not in STEADY:
        go_on = environment.aws_cli("cloudformation", "continue-update-rollback", "--stack-name", name)
        raise OpsError(
            f"{name} is {status}: it takes no update, so nothing would be released in place of what is rejected. Mend "
            f"the cause that its events name; after a rollback that failed, go on with it:\n  {go_on}"
        )
    reason = registry.paused()
    if reason is not None:
        resume = environment.command("release", "resume", endpoint)
        raise OpsError(f"Releases to {endpoint} are paused ({reason}), and going back is one. First: {resume}")


def _running(environment: Environment, endpoint: str, registry: Registry, variant: str | None) -> str:
    """The ARN of the released package that the variant runs, or all variants when none is named."""
    configuration = live.configuration(environment, live.describe(environment, endpoint))
    serving = live.serving(environment, configuration)
    groups = set(registry.groups.values())
    running = {
        name: next((its for its in containers if ":model-package/" in its and group_of(its) in groups), None)
        for name, containers in serving.items()
    }
    if variant is not None and variant not in running:
        raise OpsError(f"{endpoint} runs no variant {variant!r}. It runs: {', '.join(running) or 'nothing'}.")
    found = {package for name, package in running.items() if package and variant in (None, name)}
    if not found:
        raise OpsError(f"{variant or endpoint} runs nothing that was released: there is nothing to take back.")
    if len(found) > 1:
        each = ", ".join(f"{name}: {short(package)}" for name, package in running.items() if package)
        raise OpsError(f"The variants of {endpoint} run different packages ({each}). Name one: --variant V")
    return found.pop()


def _following(registry: Registry, package: str, weights: Mapping[str, float]) -> str:
    """What the reconciler releases once `package` is rejected: the group's own, else the heaviest variant's."""
    packages = registry.packages()
    left = {
        group: latest_approved(its for its in versions if its.arn != package) for group, versions in packages.items()
    }
    by_weight = sorted(registry.groups, key=lambda variant: -weights[variant])
    others = (left[registry.groups[variant]] for variant in by_weight)
    following = left.get(group_of(package)) or next(filter(None, others), None)
    if following is None:
        raise OpsError(
            f"No other package is approved: with {short(package)} rejected it would run on. Approve an earlier version "
            f"of {group_of(package)} first, then try again."
        )
    return following.arn
