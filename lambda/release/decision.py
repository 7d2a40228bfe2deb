"""What is known of an inference stack, and the steps that may follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from release.blame import Alarm

NOT_RELEASED = "none"
# The first word of a client request token, and the second where a try of before is repeated
MARK, AGAIN = "release", "again"
ROLLED_BACK = "UPDATE_ROLLBACK_COMPLETE"
STEADY = ("CREATE_COMPLETE", "UPDATE_COMPLETE", ROLLED_BACK, "IMPORT_COMPLETE")


@dataclass(frozen=True)
class Stack:
    """What CloudFormation says. All but status and parameters are of the last operation, which `event` identifies.

    `failed` is the type of the resource that failed first, `reason` what CloudFormation said about it, `age` the
    seconds since the operation's last event. `live` is false where the endpoint runs on another configuration than the
    stack's: SageMaker went back by itself, without a failure. `running` is what really serves, parameter -> package:
    the parameters, unless the endpoint went back. `alarms` are those of the attempted configuration that ended the
    attempt, `early` those that had been in ALARM before it touched the endpoint. `moved` is the configuration that the
    endpoint runs on, where that is none that this stack ever made: a person moved it there.
    """

    status: str
    parameters: Mapping[str, str]
    token: str
    failed: str
    reason: str
    event: str
    age: float
    live: bool
    running: Mapping[str, str]
    alarms: tuple[Alarm, ...] = ()
    early: tuple[Alarm, ...] = ()
    moved: str = ""

    @property
    def went_back(self) -> bool:
        """The last attempt was undone, by CloudFormation or by SageMaker."""
        return self.status == ROLLED_BACK or not self.live

    @property
    def repeated(self) -> bool:
        """The last operation tried once more what had failed before, so its failure is no news."""
        return self.token.startswith(f"{MARK}-{AGAIN}-")


@dataclass(frozen=True)
class Nothing:
    """Nothing to do, and why. `at_rest`: the stack is steady, and what it says is what runs."""

    why: str
    at_rest: bool = False


@dataclass(frozen=True)
class Update:
    """Update the stack to these parameter values (all of them), under this client request token.

    `again`: what failed for no fault of a package is repeated, which is nobody's news.
    """

    parameters: Mapping[str, str]
    token: str
    why: str = field(default="approved", compare=False)
    again: bool = False


@dataclass(frozen=True)
class Reject:
    """Reject a package whose roll-out was rolled back."""

    package: str
    why: str


@dataclass(frozen=True)
class Dropped:
    """A release failed, and none of its packages is wanted any more: nothing will be tried again."""

    why: str
    at_rest: bool = True


@dataclass(frozen=True)
class Stuck:
    """What is approved does not run. `retried`: the reconciler tries again; else only an operator can help."""

    why: str
    retried: bool = False


Decision = Nothing | Update | Reject | Dropped | Stuck
