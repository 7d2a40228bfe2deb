"""What operators read: which package, which alarm or reason, what runs now, what to do."""

from __future__ import annotations

from dataclasses import dataclass

from release.decision import NOT_RELEASED, Decision, Dropped, Reject, Stack, Stuck, Update
from release.settings import Endpoint

# One line of so many characters is what the registry takes as a description; a topic takes a subject of this length.
DESCRIPTION_LIMIT, SUBJECT_LIMIT = 1024, 99
_SEE = "`python -m ops release status` and `history` tell more (docs/release.md)."


@dataclass(frozen=True)
class Message:
    """`subject`: one line of ASCII, at most 99 characters."""

    subject: str
    text: str


def message(endpoint: Endpoint, stack: Stack, decision: Decision) -> Message | None:
    """The message for a decision; None for one that is nobody's news. `stack`: as it was when it was decided."""
    match decision:
        case Update():
            return _message("Release started", endpoint, _started(endpoint, stack, decision))
        case Reject(package=package, why=why):
            rejected = [
                f"Package: {short(package)}, Rejected",
                f"Reason: {why}",
                runs_now(endpoint, stack),
                "To do: nothing for the endpoint. Find the fault and register a better package; if the package is not "
                "to blame, mend the cause and approve it again.",
            ]
            return _message("Release rolled back", endpoint, rejected)
        case Dropped(why=why):
            dropped = [
                f"Reason: {why}",
                runs_now(endpoint, stack),
                "To do: nothing for the endpoint. If the package was deleted by mistake, register it again.",
            ]
            return _message("Release dropped", endpoint, dropped)
        case Stuck(why=why, retried=retried):
            to_do = (
                "mend the cause; the release is tried again by itself, and no message comes for each try. To stop "
                "that, reject the package or pause the endpoint."
                if retried
                else "a person must look at the stack's events: nothing that the reconciler may do would help."
            )
            return _message("Release stuck", endpoint, [f"Reason: {why}", runs_now(endpoint, stack), f"To do: {to_do}"])
        case _:
            return None


def description(endpoint: Endpoint, stack: Stack, reject: Reject) -> str:
    """What the registry keeps with the rejected package: the reason is shortened, what runs now is not."""
    line = " ".join(f"Rolled back: {reject.why}".split()).rstrip(".")
    now = f". {runs_now(endpoint, stack)}"
    if len(line) + len(now) > DESCRIPTION_LIMIT:
        line = f"{line[: max(0, DESCRIPTION_LIMIT - len(now) - 1)]}…"
    return f"{line}{now}"[:DESCRIPTION_LIMIT]


def runs_now(endpoint: Endpoint, stack: Stack) -> str:
    """`Runs now: linear reviews-linear/1, xgboost reviews-xgboost/4.`"""
    served = [
        f"{variant.name} {short(stack.running[variant.parameter])}"
        for variant in endpoint.variants
        if stack.running.get(variant.parameter, NOT_RELEASED) != NOT_RELEASED
    ]
    return f"Runs now: {', '.join(served)}." if served else "Runs now: nothing of a release."


def short(package: str) -> str:
    """`<group>/<version>` of a package's ARN."""
    return package.split(":model-package/")[-1]


def _started(endpoint: Endpoint, stack: Stack, update: Update) -> list[str]:
    changes = [
        f"{variant.name}: {short(stack.running[variant.parameter])} -> {short(update.parameters[variant.parameter])}"
        for variant in endpoint.variants
        if variant.parameter in update.parameters
        and update.parameters[variant.parameter] != stack.running[variant.parameter]
    ]
    return [
        f"Packages: {'; '.join(changes) or 'those that run already'}",
        f"Why: {update.why}",
        runs_now(endpoint, stack),
        "To do: nothing. If an alarm ends the roll-out, what runs now goes on, and a message says why.",
    ]


def _message(title: str, endpoint: Endpoint, lines: list[str]) -> Message:
    text = "\n".join([f"Endpoint: {endpoint.name} (stack {endpoint.stack})", *lines, _SEE])
    return Message(f"{title}: {endpoint.name}"[:SUBJECT_LIMIT], text)
