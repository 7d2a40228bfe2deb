"""One shift from step to step: forward while all is well, back to where it began when an alarm rings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from ops.session import Environment, OpsError
from ops.traffic import shares
from ops.traffic.fleet import DisturbedError, LiveFleet

Say = Callable[[str], None]


@dataclass(frozen=True)
class Pace:
    """By at most `largest` points every `wait` seconds. Raises OpsError for one that leads nowhere."""

    largest: float
    wait: float

    def __post_init__(self) -> None:
        if not self.largest > 0 or not self.wait >= 0:
            raise OpsError(
                f"--step {self.largest:g} and --wait {self.wait:g}: a step is more than 0 points, a wait 0 s or more."
            )


def shift(environment: Environment, endpoint: str, target: shares.Shares, pace: Pace, say: Say) -> None:
    """Shift the traffic to these shares.

    Raises OpsError before anything is changed where that cannot begin, and after it went back where an alarm rang.
    """
    fleet = LiveFleet(environment, endpoint)
    if len(fleet.weights) < 2:
        raise OpsError(f"{endpoint} has one variant, which gets all of its traffic.")
    shares.check_variants(target, list(fleet.weights))
    _watchable(fleet)
    # From weights that are all 0, which answer nobody, there is no share to start from.
    began = any(fleet.weights.values())
    plan = shares.steps(shares.of_weights(fleet.weights), target, pace.largest) if began else [target]
    _go(fleet, plan, pace.wait, say)
    say(f"{endpoint} has the weights {shares.shown(target)}." if plan else f"{endpoint} has these weights already.")
    _say_of_the_file(environment, endpoint, target, say)


def _watchable(fleet: LiveFleet) -> None:
    """Raise OpsError where nothing would notice that a step does harm."""
    alarms = fleet.alarms()
    if not alarms:
        raise OpsError(f"No alarm is named {fleet.configuration}-…: nothing would watch the steps. Deploy the stack.")
    ringing = [name for name, state in alarms.items() if state == "ALARM"]
    if ringing:
        raise OpsError(f"In ALARM before anything was shifted: {', '.join(ringing)}. Nothing is changed.")


def _go(fleet: LiveFleet, plan: Sequence[shares.Shares], wait: float, say: Say) -> None:
    for number, step in enumerate(plan, start=1):
        try:
            say(f"Step {number} of {len(plan)}: {shares.shown(step)}, watched for {wait:g} s")
            fleet.bring(step)
            fleet.watch(wait)
        except DisturbedError as disturbed:
            if disturbed.steerable:
                _back(fleet, str(disturbed), say)
            raise OpsError(f"Stopped: {disturbed}. {_known_state(fleet)}") from None
        except (ClientError, BotoCoreError) as error:
            # Without eyes no step is safe.
            _back(fleet, f"the alarms could not be watched ({error})", say)
        except KeyboardInterrupt:
            raise OpsError(f"Interrupted. {_known_state(fleet)} The same command goes on from there.") from None


def _back(fleet: LiveFleet, why: str, say: Say) -> None:
    """Set the weights of the beginning, all at once, and raise OpsError that says how that ended."""
    before = shares.shown(fleet.weights)
    say(f"{why}: going back to {before}")
    try:
        fleet.bring(fleet.weights, watched=False)
    except (DisturbedError, ClientError, BotoCoreError, KeyboardInterrupt) as error:
        reason = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error)
        raise OpsError(f"Stopped: {why}. Going back to {before} failed: {reason}. {_known_state(fleet)}") from None
    raise OpsError(f"Stopped: {why}. The weights are what they were: {before}.")


def _known_state(fleet: LiveFleet) -> str:
    """A sentence about the weights as they are."""
    try:
        now = shares.shown(fleet.now())
    except (ClientError, BotoCoreError) as error:
        return f"The weights cannot be read ({error}); at first they were {shares.shown(fleet.weights)}."
    return f"The weights are {now}; at first they were {shares.shown(fleet.weights)}."


def _say_of_the_file(environment: Environment, endpoint: str, target: shares.Shares, say: Say) -> None:
    """The live weights stay through updates until the file's change: who reads the file must find them there."""
    declared = {name: its.weight for name, its in environment.platform.endpoints[endpoint].variants.items()}
    if any(declared.values()) and shares.same(shares.of_weights(declared), target):
        return
    say(f"config/environments/{environment.platform.environment}.yaml says {shares.shown(declared)}. To declare this,")
    say(f"write under endpoints.{endpoint}.variants:")
    for name, share in target.items():
        say(f"  {name}: {{weight: {share:g}}}")
